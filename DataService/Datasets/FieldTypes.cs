using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>The contract's field types as the policy compilers know them.</summary>
internal static class FieldTypes
{
    public static PolicyType ToPolicy(this Field.Types.Type type) => type switch
    {
        Field.Types.Type.String => PolicyType.Text,
        Field.Types.Type.Integer => PolicyType.WholeNumber,
        Field.Types.Type.Number => PolicyType.Number,
        Field.Types.Type.Boolean => PolicyType.Boolean,
        Field.Types.Type.Timestamp => PolicyType.Timestamp,
        Field.Types.Type.Date => PolicyType.Date,
        Field.Types.Type.StringList => PolicyType.TextList,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of a field."),
    };
}
