using System.Text;

namespace AiMesh.ServiceDefaults.Privacy;

/// <summary>A person, by everything that records may know them by.</summary>
/// <param name="Organisation">The organisation; nothing outside of it is looked at.</param>
/// <param name="Id">The user's id.</param>
/// <param name="Email">The address; empty where there is none.</param>
/// <param name="DisplayName">The name; empty where there is none.</param>
public sealed record DataSubject(string Organisation, string Id, string Email, string DisplayName)
{
    /// <summary>Names of the roles, by which fields are visible.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>
    /// A regular expression of PostgreSQL, for matching without regard to case, that finds the person's id, address and full name in texts and
    /// in JSON, each as a whole: not the address of somebody else that ends like it. A name of one word is left out, because it is found
    /// in texts that mean something else.
    /// </summary>
    public string Pattern
    {
        get
        {
            string[] terms = [Id, Email, DisplayName.Trim().Contains(' ', StringComparison.Ordinal) ? DisplayName.Trim() : ""];
            return $@"(?<![[:alnum:]_.+%-])(?:{string.Join('|', terms.Where(static term => term.Length > 0).Select(Quote))})(?!\.?[[:alnum:]_-])";
        }
    }

    /// <summary>
    /// What JSON writes with a backslash is found with and without it. Databases with the locale C know the cases of ASCII letters only, so the others
    /// are written in both.
    /// </summary>
    private static string Quote(string term)
    {
        var quoted = new StringBuilder();
        foreach (var character in term)
        {
            if (character is '"') quoted.Append(@"\\?""");
            else if (character is '\\') quoted.Append(@"\\\\?");
            else if (char.IsAscii(character) && !char.IsAsciiLetterOrDigit(character)) quoted.Append('\\').Append(character);
            else if (!char.IsAscii(character) && char.IsLetter(character)) quoted.Append('[').Append(char.ToLowerInvariant(character)).Append(char.ToUpperInvariant(character)).Append(']');
            else quoted.Append(character);
        }

        return quoted.ToString();
    }
}
