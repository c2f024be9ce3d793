using System.Collections.Frozen;
using System.Text;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.DataService.Items;

/// <summary>Reads masks over the fields of items.</summary>
internal static class FieldNames
{
    private const string Prefix = "fields.";
    private const int MaxPaths = 200;

    /// <summary>Names of the fields to answer, or null for all that are visible.</summary>
    public static Result<FrozenSet<string>?> ReadMask(FieldMask? mask, DatasetView view)
    {
        if (mask is null or { Paths.Count: 0 } || mask.Paths is ["*"]) return (FrozenSet<string>?)null;
        return Resolve("read_mask", mask, view.FindShown).Then(names => (Result<FrozenSet<string>?>)names.ToFrozenSet());
    }

    /// <summary>The fields that a mask names, to write them.</summary>
    public static Result<IReadOnlyList<string>> Resolve(string parameter, FieldMask mask, DatasetView view) => Resolve(parameter, mask, view.FindWritable);

    private static Result<IReadOnlyList<string>> Resolve(string parameter, FieldMask mask, Func<string, ViewField?> find)
    {
        if (mask.Paths.Count > MaxPaths) return new InvalidField(parameter, $"expected at most {MaxPaths} names");
        var names = new List<string>();
        foreach (var path in mask.Paths)
        {
            var name = path.StartsWith(Prefix, StringComparison.Ordinal) ? path[Prefix.Length..] : path;

            // A mask in JSON is written in camel case, whatever the names in it are.
            var field = find(name) ?? find(SnakeCase(name));
            if (field is null) return new InvalidField(parameter, $"unknown field '{(name.Length > 60 ? name[..60] : name)}'");
            names.Add(field.Name);
        }

        return names;
    }

    private static string SnakeCase(string name)
    {
        var snake = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c)) snake.Append('_');
            snake.Append(char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }
}
