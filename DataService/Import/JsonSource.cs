using System.Globalization;
using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Import;

/// <summary>Items out of one JSON array of objects, or of one JSON object a line.</summary>
internal sealed class JsonSource(DatasetView view, string idField)
{
    // An item is an object of scalars and lists; nothing in it may be deeper.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>All items; or what makes the whole source unreadable.</summary>
    public Result<List<SourceItem>> Read(string json)
    {
        var text = json.AsMemory(json.StartsWith('\uFEFF') ? 1 : 0);
        return text.Span.TrimStart().StartsWith("[") ? Array(text) : Lines(text);
    }

    private Result<List<SourceItem>> Array(ReadOnlyMemory<char> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.EnumerateArray().Select((element, i) => Item(i + 1, element)).ToList();
        }
        catch (JsonException e)
        {
            return CsvSource.Whole((int)(e.LineNumber ?? 0) + 1, Broken(e));
        }
    }

    private Result<List<SourceItem>> Lines(ReadOnlyMemory<char> json)
    {
        var items = new List<SourceItem>();
        foreach (var range in json.Span.Split('\n'))
        {
            var line = json[range];
            if (line.Span.IsWhiteSpace()) continue;
            try
            {
                using var document = JsonDocument.Parse(line, Options);
                items.Add(Item(items.Count + 1, document.RootElement));
            }
            catch (JsonException e)
            {
                items.Add(new SourceItem(items.Count + 1, null, [], [("", Broken(e))]));
            }
        }

        return items;
    }

    private SourceItem Item(int number, JsonElement element)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        if (element.ValueKind != JsonValueKind.Object) return new SourceItem(number, null, values, [("", "expected a JSON object")]);
        var faults = new List<(string, string)>();
        string? id = null;
        foreach (var property in element.EnumerateObject())
        {
            var field = view.FindWritable(property.Name);
            if (property.Name == idField) id = property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? property.Value.ToString() : null;
            else if (field is null) faults.Add((property.Name.Length > 60 ? property.Name[..60] : property.Name, "unknown field"));
            if (field is null) continue;
            var (value, fault) = ItemValues.Read(field.Type, property.Value);
            if (fault is not null) faults.Add((field.Name, fault));
            else if (value is not null) values.Add(field.Name, view.Dataset.Stored(field.Name, value));
        }

        return new SourceItem(number, id, values, faults);
    }

    // The parser's own words quote the source; where it is, is enough.
    private static string Broken(JsonException e) =>
        string.Create(CultureInfo.InvariantCulture, $"no valid JSON at byte {(e.BytePositionInLine ?? 0) + 1} of the line (each name of an object must be there once)");
}
