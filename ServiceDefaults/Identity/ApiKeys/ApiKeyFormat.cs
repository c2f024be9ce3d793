namespace AiMesh.ServiceDefaults.Identity.ApiKeys;

/// <summary>
/// The spelling of API keys: "aim_", a public prefix of 12 characters, "_", and 43 characters of base64url (256 random bits). Fixed
/// lengths, because base64url holds underscores itself.
/// </summary>
public static class ApiKeyFormat
{
    /// <summary>How every key begins, so that scanners for leaked secrets recognise it.</summary>
    public const string Start = "aim_";

    /// <summary>Characters of the public prefix, each a-z or 0-9.</summary>
    public const int PrefixLength = 12;

    /// <summary>Characters of the secret.</summary>
    public const int SecretLength = 43;

    /// <summary>Characters of a whole key.</summary>
    public const int Length = 4 + PrefixLength + 1 + SecretLength;

    /// <summary>Says whether this could be a key at all; what could not is refused without asking anybody.</summary>
    public static bool IsPlausible(ReadOnlySpan<char> text)
    {
        if (text.Length != Length || !text.StartsWith(Start, StringComparison.Ordinal) || text[Start.Length + PrefixLength] != '_') return false;

        foreach (var character in text.Slice(Start.Length, PrefixLength))
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character)) return false;
        foreach (var character in text[^SecretLength..])
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_')) return false;
        return true;
    }
}
