namespace AiMesh.AiService.Ask.Citations;

/// <summary>A row that an answer cites.</summary>
/// <param name="row">The row.</param>
/// <param name="number">From 1, in order of first use.</param>
internal sealed class CitedRow(PackedRow row, int number)
{
    private readonly List<string> _fields = [];

    public PackedRow Row { get; } = row;

    public int Number { get; } = number;

    /// <summary>Fields that the model says it used, as far as it was given them.</summary>
    public IReadOnlyList<string> Fields => _fields;

    public void Use(IEnumerable<string> fields)
    {
        foreach (var field in fields)
        {
            if (!_fields.Contains(field) && Row.Fields.Any(f => f.Name == field)) _fields.Add(field);
        }
    }

    /// <summary>The model named no fields: those whose values stand in the answer.</summary>
    public IEnumerable<string> FieldsIn(string answer) => _fields.Count > 0
        ? _fields
        : Row.Fields
            .Where(f => Row.Row.Fields.Fields.TryGetValue(f.Name, out var value) && value.HasStringValue && value.StringValue.Length > 2
                && answer.Contains(value.StringValue, StringComparison.OrdinalIgnoreCase))
            .Select(f => f.Name);
}
