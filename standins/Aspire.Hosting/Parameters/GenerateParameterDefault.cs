using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A random text, for passwords and keys.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    private const string LowerCharacters = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperCharacters = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericCharacters = "0123456789";
    private const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>Characters in all; at least the sum of the other minima, and 1.</summary>
    public int MinLength { get; set; }

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    /// <summary>A new value at every call; with 22 characters of all kinds it has more than 128 bits.</summary>
    /// <exception cref="ArgumentException">No kind of character is allowed, or a minimum is set for one that is not.</exception>
    public override string GetDefaultValue()
    {
        (bool Allowed, int Minimum, string Characters)[] kinds =
        [
            (Lower, MinLower, LowerCharacters),
            (Upper, MinUpper, UpperCharacters),
            (Numeric, MinNumeric, NumericCharacters),
            (Special, MinSpecial, SpecialCharacters),
        ];
        if (kinds.Any(kind => !kind.Allowed && kind.Minimum > 0))
            throw new ArgumentException("A minimum is set for a kind of character that is not allowed.");

        var all = string.Concat(kinds.Where(kind => kind.Allowed).Select(kind => kind.Characters));
        if (all.Length == 0)
            throw new ArgumentException("At least one kind of character must be allowed.");

        var required = kinds.SelectMany(kind => RandomNumberGenerator.GetItems<char>(kind.Characters, kind.Minimum)).ToArray();
        var rest = RandomNumberGenerator.GetItems<char>(all, Math.Max(0, Math.Max(1, MinLength) - required.Length));
        char[] value = [.. required, .. rest];
        RandomNumberGenerator.Shuffle<char>(value);
        return new string(value);
    }
}
