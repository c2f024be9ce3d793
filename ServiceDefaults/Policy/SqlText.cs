namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Text within SQL.</summary>
public static class SqlText
{
    /// <summary>A string constant that means the same whatever standard_conforming_strings says.</summary>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = text.Replace("'", "''", StringComparison.Ordinal);
        return text.Contains('\\', StringComparison.Ordinal) ? $"E'{quoted.Replace(@"\", @"\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }

    /// <summary>A quoted identifier.</summary>
    public static string Identifier(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    internal static string LikePattern(TextPattern pattern)
    {
        var text = pattern.Text
            .Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace("%", @"\%", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal);
        return (pattern.AnyBefore ? "%" : "") + text + (pattern.AnyAfter ? "%" : "");
    }
}
