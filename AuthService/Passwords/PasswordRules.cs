using System.Collections.Frozen;
using System.Text;

namespace AiMesh.AuthService.Passwords;

/// <summary>
/// Which passwords may be chosen, after NIST SP 800-63B section 5.1.1.2: length, and not among the ones that attackers try first.
/// Nothing about kinds of characters.
/// </summary>
internal static class PasswordRules
{
    public const int MinLength = 8;
    public const int MaxLength = 128;

    private static readonly FrozenSet<string> Common = ReadCommon();

    /// <summary>What is wrong with a password that somebody chose, or null.</summary>
    /// <param name="password">The password.</param>
    /// <param name="personal">Words that others know of the person, such as the address; the password must not be one of them.</param>
    public static string? Check(string password, params ReadOnlySpan<string> personal)
    {
        // In code points, as people count characters.
        var length = 0;
        foreach (var _ in password.EnumerateRunes()) length++;
        if (length < MinLength) return $"at least {MinLength} characters are required";
        if (length > MaxLength) return $"at most {MaxLength} characters are allowed";

        if (Common.Contains(password) || HasPattern(password)) return "this password is among the most commonly used ones";
        foreach (var word in personal)
            if (string.Equals(password, word, StringComparison.OrdinalIgnoreCase)) return "a password must not be your name or address";

        return null;
    }

    /// <summary>One or two characters over and over ("aaaaaaaa", "abababab"), or a run of the alphabet or of digits, up or down.</summary>
    private static bool HasPattern(string password) =>
        password.Distinct().Take(3).Count() < 3 || IsRun(password, 1) || IsRun(password, -1);

    private static bool IsRun(string password, int step)
    {
        for (var i = 1; i < password.Length; i++)
        {
            var expected = password[i - 1] + step;
            if (password[i] != expected && !(password[i - 1] == '9' && step == 1 && password[i] == '0')) return false;
        }

        return true;
    }

    private static FrozenSet<string> ReadCommon()
    {
        using var reader = new StreamReader(typeof(PasswordRules).Assembly.GetManifestResourceStream("common-passwords.txt")!, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => !line.StartsWith('#'))
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }
}
