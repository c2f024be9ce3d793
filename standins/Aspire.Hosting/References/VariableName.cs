namespace Aspire.Hosting.References;

internal static class VariableName
{
    /// <summary>Upper case, with an underscore for everything that no variable may have in its name.</summary>
    public static string Encode(string name) =>
        string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) ? char.ToUpperInvariant(character) : '_'));
}
