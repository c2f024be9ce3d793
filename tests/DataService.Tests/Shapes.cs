using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Field = AiMesh.Data.V1.Field;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests;

/// <summary>Short spellings of definitions and items.</summary>
internal static class Shapes
{
    public static Field Field(string name, Type type = Type.String, string visibleTo = "*", bool required = false) => new()
    {
        Name = name,
        Type = type,
        Classification = Data.V1.Field.Types.Classification.Internal,
        VisibleTo = { visibleTo.Split(',', StringSplitOptions.RemoveEmptyEntries) },
        Required = required,
    };

    public static RowRule Rule(string roles, string condition = "", params Action[] actions) => new()
    {
        Roles = { roles.Split(',') },
        Condition = condition,
        Actions = { actions },
    };

    /// <summary>Admins may do everything to every row.</summary>
    public static RowRule Admins => Rule("admin", "", Action.Read, Action.Create, Action.Update, Action.Delete);

    public static Dataset Dataset(IEnumerable<Field> fields, params RowRule[] rules) => new() { Fields = { fields }, RowRules = { rules } };

    /// <summary>An item's fields: text, numbers, booleans, arrays of text, or null.</summary>
    public static Struct Fields(params (string Name, object? Value)[] values)
    {
        var fields = new Struct();
        foreach (var (name, value) in values) fields.Fields.Add(name, Value(value));
        return fields;
    }

    private static Value Value(object? value) => value switch
    {
        null => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        string text => Google.Protobuf.WellKnownTypes.Value.ForString(text),
        bool truth => Google.Protobuf.WellKnownTypes.Value.ForBool(truth),
        string[] list => Google.Protobuf.WellKnownTypes.Value.ForList([.. list.Select(Google.Protobuf.WellKnownTypes.Value.ForString)]),
        Struct inner => Google.Protobuf.WellKnownTypes.Value.ForStruct(inner),
        _ => Google.Protobuf.WellKnownTypes.Value.ForNumber(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)),
    };
}
