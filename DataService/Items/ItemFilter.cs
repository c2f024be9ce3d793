using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Items;

/// <summary>Reads AIP-160's filter over what the caller sees.</summary>
internal static class ItemFilter
{
    public static Result<PolicyExpression> Parse(string filter, DatasetView view) => PolicyParser.Parse(filter, view.FilterSchema) switch
    {
        { Expression: { } expression } => expression,
        var result => new InvalidFields([.. result.Errors.Select(e => new FieldViolation("filter", e.ToString()))]),
    };

    /// <summary>What an error says of a name that the caller cannot use, whether it is hidden or does not exist.</summary>
    public static string Unknown(string name) => $"unknown field '{(name.Length > 60 ? name[..60] : name)}'";
}
