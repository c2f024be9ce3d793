using System.Collections.Immutable;
using System.Globalization;

namespace AiMesh.AiService.Analyst.Tables;

/// <summary>Turns the JSON objects of a block into typed columns and cells.</summary>
internal sealed class TableBuilder(string id, string displayName)
{
    private static readonly string[] LabelNames = ["title", "name", "display_name", "label", "subject", "headline"];

    private readonly List<FieldDeclaration> _fields = [];
    private readonly List<(string Id, Dictionary<string, RawValue> Values)> _rows = [];

    public int TotalRows { get; set; }

    public void AddField(string name, string type, string description)
    {
        if (!_fields.Exists(f => f.Name == name))
            _fields.Add(new FieldDeclaration(name, type, description));
    }

    public void AddRow(string rowId, Dictionary<string, RawValue> values)
    {
        _rows.Add((rowId, values));
        foreach (var name in values.Keys)
            AddField(name, "", "");
    }

    public Table Build()
    {
        AddMetricColumns();
        var columns = new List<Column>(_fields.Count);
        foreach (var field in _fields)
            columns.Add(new Column(field.Name, KindOf(field), field.Description, columns.Count));

        foreach (var column in columns.Where(c => c.Kind is ColumnKind.Text))
            TextLists.Split(column.Name, [.. _rows.Select(r => r.Values)]);

        var rows = _rows.Select(r => new Row(r.Id, [.. columns.Select(c => CellOf(c, r.Values))])).ToImmutableArray();
        foreach (var column in columns)
            Measure(column, rows);

        return new Table(id, displayName, [.. columns], rows)
        {
            TotalRows = Math.Max(TotalRows, rows.Length),
            LabelColumn = LabelOf(columns),
        };
    }

    // Readings come as (metric, value) pairs. A column for each metric lets "average temperature" find its numbers.
    private void AddMetricColumns()
    {
        if (!_fields.Exists(f => f.Name == "metric") || !_fields.Exists(f => f.Name == "value"))
            return;

        foreach (var (_, values) in _rows)
        {
            if (values.TryGetValue("metric", out var metric) && metric.Text is { Length: > 0 } name
                && values.TryGetValue("value", out var value) && !values.ContainsKey(name))
            {
                AddField(name, "number", "");
                values[name] = value;
            }
        }
    }

    private ColumnKind KindOf(FieldDeclaration field)
    {
        var declared = field.Type.ToLowerInvariant() switch
        {
            "integer" or "number" => ColumnKind.Number,
            "boolean" => ColumnKind.Boolean,
            "timestamp" or "date" => ColumnKind.Time,
            "string" or "string_list" => ColumnKind.Text,
            _ => (ColumnKind?)null,
        };
        if (declared is not null and not ColumnKind.Text)
            return declared.Value;

        // Declared text may still hold dates throughout; numbers in a text column stay text, as "300" is a film.
        var values = _rows.Select(r => r.Values.GetValueOrDefault(field.Name)).Where(v => v.Text is not null).ToList();
        if (values.Count == 0)
            return ColumnKind.Text;
        if (declared is null && values.TrueForAll(v => v.Boolean is not null))
            return ColumnKind.Boolean;
        if (declared is null && values.Count(v => v.Number is not null) >= values.Count * 0.9)
            return ColumnKind.Number;
        return values.Count(v => v.Number is null && TimeText.TryRead(v.Text!, out _)) >= values.Count * 0.9 ? ColumnKind.Time : ColumnKind.Text;
    }

    private static Cell CellOf(Column column, Dictionary<string, RawValue> values)
    {
        if (!values.TryGetValue(column.Name, out var value) || value.Text is null)
            return Cell.Empty;

        return column.Kind switch
        {
            ColumnKind.Number => NumberOf(value) is { } number ? new Cell(value.Text, number) : Cell.Empty,
            ColumnKind.Boolean => value.Boolean is { } flag ? new Cell(flag ? "true" : "false", flag ? 1 : 0) : Cell.Empty,
            ColumnKind.Time => TimeText.TryRead(value.Text, out var time) ? new Cell(value.Text, null, time) : Cell.Empty,
            _ => new Cell(value.Text, null, null, value.List),
        };
    }

    // Integers beyond 2^53 travel as strings.
    private static double? NumberOf(RawValue value) =>
        value.Number ?? (double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null);

    private static void Measure(Column column, ImmutableArray<Row> rows)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var row in rows)
        {
            var cell = row[column];
            if (cell.IsEmpty)
                continue;
            column.Filled++;
            column.Largest = Math.Max(column.Largest, cell.Number ?? 0);
            column.HasLists |= cell.List is { IsDefaultOrEmpty: false };
            foreach (var part in cell.Parts)
                seen.Add(part);
        }

        column.Distinct = seen.Count;
    }

    private static Column? LabelOf(List<Column> columns)
    {
        var texts = columns.Where(c => c.Kind is ColumnKind.Text && !c.HasLists).ToList();
        return LabelNames.Select(name => texts.Find(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(c => c is not null)
            ?? texts.Where(c => c.Words is [.., { Folded: "name" or "title" }]).MaxBy(c => c.Distinct)
            ?? texts.Find(c => c.Filled > 1 && c.Distinct > c.Filled * 0.9);
    }

    private sealed record FieldDeclaration(string Name, string Type, string Description);
}

/// <summary>A JSON value: its text, and what else it may be.</summary>
internal readonly record struct RawValue(string? Text, double? Number = null, bool? Boolean = null, ImmutableArray<string> List = default);
