namespace AiMesh.AiService.Analyst.Tables;

/// <summary>Finds text columns that hold lists written as text ("Kenya, Nigeria; Ghana") and splits their values.</summary>
internal static class TextLists
{
    private const int LongestPart = 40;
    private static readonly char[] Separators = [',', ';', '|'];

    /// <summary>
    /// A column is a list when many of its values have separators and the parts repeat between rows. Titles and addresses have
    /// commas too, but theirs do not repeat.
    /// </summary>
    public static void Split(string column, List<Dictionary<string, RawValue>> rows)
    {
        var split = new List<(Dictionary<string, RawValue> Row, string[] Parts)>();
        var separated = 0;
        foreach (var row in rows)
        {
            if (!row.TryGetValue(column, out var value) || value.Text is null)
                continue;
            if (!value.List.IsDefaultOrEmpty)
                return;

            var parts = value.Text.Split(Separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0)
                continue;
            if (Array.Exists(parts, p => p.Length > LongestPart))
                return;
            separated += parts.Length > 1 ? 1 : 0;
            split.Add((row, parts));
        }

        var all = split.Sum(s => s.Parts.Length);
        var different = split.SelectMany(s => s.Parts).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        if (separated < 2 || separated < split.Count * 0.15 || different > all * 0.7)
            return;

        foreach (var (row, parts) in split)
            row[column] = new RawValue(row[column].Text, null, null, [.. parts]);
    }
}
