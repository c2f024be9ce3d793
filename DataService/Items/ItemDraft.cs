using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.DataService.Items;

/// <summary>Checks what a caller wants an item to hold.</summary>
internal static class ItemDraft
{
    public const string Required = "a value is required";

    /// <summary>All fields of a new item.</summary>
    public static Result<Dictionary<string, object>> Create(DatasetView view, Struct? fields)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        return Change(view, values, fields ?? new Struct(), (fields ?? new Struct()).Fields.Keys);
    }

    /// <summary>Changes the named fields of an item: to the value in <paramref name="fields"/>, or to none.</summary>
    public static Result<Dictionary<string, object>> Change(DatasetView view, Dictionary<string, object> values, Struct fields, IEnumerable<string> names)
    {
        var violations = new List<FieldViolation>();
        foreach (var name in names)
        {
            if (view.FindWritable(name) is not { } field)
            {
                violations.Add(new FieldViolation(Path(name), "unknown field"));
                continue;
            }

            var (value, error) = fields.Fields.TryGetValue(name, out var given) ? ItemValues.Read(field.Type, given) : (null, null);
            if (error is not null) violations.Add(new FieldViolation(Path(name), error));
            else if (value is not null) values[name] = view.Dataset.Stored(name, value);
            else values.Remove(name);
        }

        violations.AddRange(Missing(view, values).Where(name => violations.TrueForAll(v => v.Field != Path(name))).Select(name => new FieldViolation(Path(name), Required)));
        if (violations.Count > 0) return new InvalidFields([.. violations.Take(100)]);
        return values;
    }

    /// <summary>Fields without a value that need one; only those that the caller sees.</summary>
    public static IEnumerable<string> Missing(DatasetView view, IReadOnlyDictionary<string, object> values) =>
        view.RequiredNames.Where(name => !values.ContainsKey(name));

    /// <summary>Values as they are stored, unless those that the caller sees are too many: a bound on all of them would tell how large the others are.</summary>
    public static Result<byte[]> Write(DatasetView view, string item, IReadOnlyDictionary<string, object> values)
    {
        values = view.Dataset.Seal(item, values);
        var json = ItemValues.Write(values);
        var seen = json.Length > ItemValues.MaxItemBytes && !view.SeesAll ? ItemValues.Write(values.Where(v => view.FindWritable(v.Key) is not null).ToDictionary()).Length : json.Length;
        if (seen > ItemValues.MaxItemBytes) return new InvalidField("item.fields", $"expected at most {ItemValues.MaxItemBytes} bytes of JSON");
        return json;
    }

    private static string Path(string name) => $"item.fields.{(name.Length > 60 ? name[..60] : name)}";
}
