using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Import;

/// <summary>
/// Items out of CSV. The first line names fields. An empty cell is no value, "" an empty string. A list of strings is a JSON array, or
/// its strings divided by semicolons.
/// </summary>
internal sealed class CsvSource(DatasetView view, string idField)
{
    /// <summary>All items; or what makes the whole source unreadable.</summary>
    public Result<List<SourceItem>> Read(string csv)
    {
        var reader = new CsvReader(csv);
        if (!reader.Read()) return Whole(1, reader.Fault ?? "expected a line of field names");
        if (!Header(reader.Cells).TryGet(out var columns, out var error)) return error;
        var items = new List<SourceItem>();
        while (reader.Read()) items.Add(Item(reader, columns));
        return reader.Fault is null ? items : Whole(reader.Line, reader.Fault);
    }

    public static InvalidField Whole(int line, string reason) => new($"line {line}", reason);

    private Result<ViewField?[]> Header(IReadOnlyList<CsvCell> cells)
    {
        var violations = new List<FieldViolation>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, _) in cells)
        {
            var shown = name.Length > 60 ? name[..60] : name;
            if (!seen.Add(name)) violations.Add(new FieldViolation($"line 1, {shown}", "named twice"));
            else if (view.FindWritable(name) is null && name != idField) violations.Add(new FieldViolation($"line 1, {shown}", "unknown field"));
        }

        if (idField.Length > 0 && !seen.Contains(idField)) violations.Add(new FieldViolation("id_field", "expected the name of a column"));
        if (violations.Count > 0) return new InvalidFields([.. violations.Take(100)]);
        return cells.Select(cell => view.FindWritable(cell.Text)).ToArray();
    }

    private SourceItem Item(CsvReader reader, ViewField?[] columns)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        if (reader.Cells.Count != columns.Length) return new SourceItem(reader.Line, null, values, [("", $"expected {columns.Length} cells, found {reader.Cells.Count}")]);
        var faults = new List<(string, string)>();
        string? id = null;
        for (var i = 0; i < columns.Length; i++)
        {
            var cell = reader.Cells[i];
            if (columns[i] is not { } field)
            {
                id = cell.Text;
                continue;
            }

            if (field.Name == idField) id = cell.Text;
            if (cell.IsAbsent) continue;
            var (value, fault) = Value(field.Type, cell.Text);
            if (fault is not null) faults.Add((field.Name, fault));
            else values.Add(field.Name, view.Dataset.Stored(field.Name, value!));
        }

        return new SourceItem(reader.Line, id, values, faults);
    }

    private static (object? Value, string? Fault) Value(PolicyType type, string text)
    {
        if (type == PolicyType.TextList) return List(text);
        if (text.Length > ItemValues.MaxText) return (null, $"expected at most {ItemValues.MaxText} characters");
        if (StorableText.FirstFault(text) is not null) return (null, StorableText.Expected);
        return PolicyLiteral.TryParse(text, type, out var value) ? (value, null) : (null, ItemValues.Expected(type));
    }

    private static (object?, string?) List(string text)
    {
        if (!text.StartsWith('[')) return ItemValues.List(text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        try
        {
            using var document = JsonDocument.Parse(text);
            return ItemValues.Read(PolicyType.TextList, document.RootElement);
        }
        catch (JsonException)
        {
            return (null, ItemValues.Expected(PolicyType.TextList));
        }
    }
}
