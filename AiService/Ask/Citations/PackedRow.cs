using AiMesh.AiService.Ask.Sources;

namespace AiMesh.AiService.Ask.Citations;

/// <summary>A row as it stands in a prompt.</summary>
/// <param name="Row">The row.</param>
/// <param name="Table">Its table.</param>
/// <param name="Fields">Fields that the model was given.</param>
internal sealed record PackedRow(SourceRow Row, SourceTable Table, IReadOnlyList<SourceField> Fields)
{
    private static readonly string[] LabelNames = ["title", "name", "display_name", "label", "subject", "headline"];
    private const int LongestLabel = 120;

    /// <summary>Short text by which a person knows the row.</summary>
    public string Label
    {
        get
        {
            if (Row.Label is { } known) return known;
            var texts = Fields.Where(f => Row.Fields.Fields.TryGetValue(f.Name, out var value) && value.HasStringValue && value.StringValue.Length > 0).ToList();
            var names = LabelNames.Select(n => texts.Find(f => f.Name == n)).OfType<SourceField>()
                .Concat(texts.Where(f => f.Name.EndsWith("_name", StringComparison.Ordinal) || f.Name.EndsWith("_title", StringComparison.Ordinal)).Take(2))
                .ToList();
            var chosen = names.Count > 0 ? names[0].Name.Contains('_', StringComparison.Ordinal) ? names : names[..1] : texts.Take(3).ToList();
            var label = string.Join(" · ", chosen.Select(f => Row.Fields.Fields[f.Name].StringValue).Distinct());
            return label.Length <= LongestLabel ? label : string.Concat(label.AsSpan(0, LongestLabel), "…");
        }
    }
}
