using System.Diagnostics.CodeAnalysis;

namespace AiMesh.AuthService.Users;

/// <summary>An e-mail address.</summary>
/// <param name="Text">As people wrote it, without white space around it, in Unicode normal form C.</param>
/// <param name="Key">What makes it unique: case folded as well.</param>
internal sealed record EmailAddress(string Text, string Key)
{
    public const int MaxLength = 254;

    private const int MaxLocalLength = 64;

    /// <summary>How somebody is shown who gave no name: the part before the last '@'.</summary>
    public string DefaultDisplayName => Text[..Text.LastIndexOf('@')];

    /// <summary>What is wrong with an address, or null. Loose on purpose: only a message sent to it would tell whether it is real.</summary>
    public static string? Check(string text)
    {
        var at = text.LastIndexOf('@');
        if (text.Length == 0) return "is required";
        if (text.Length > MaxLength) return $"must have at most {MaxLength} characters";
        if (text.Any(static character => char.IsWhiteSpace(character) || char.IsControl(character))) return "must not hold white space or control characters";
        if (at is < 1 or > MaxLocalLength) return "must be an e-mail address, for example name@example.com";
        var isDomain = text[(at + 1)..].Split('.').All(static label => label.Length is > 0 and <= 63);
        return isDomain ? null : "must be an e-mail address, for example name@example.com";
    }

    /// <summary>The same text for all spellings that differ in case only. Upper case first: it joins what lower case keeps apart (σ and ς).</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "Upper case is applied first; lower case is what people read in the database.")]
    public static string Fold(string text) => text.Trim().ToUpperInvariant().ToLowerInvariant();
}
