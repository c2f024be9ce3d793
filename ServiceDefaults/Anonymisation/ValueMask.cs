using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>What is left of a value. Where the value is not of its kind, nothing is.</summary>
internal static class ValueMask
{
    /// <summary>Stands for what is not said, whatever its length.</summary>
    public const string Nothing = "***";

    public static string Mask(string value, PersonalKind kind) => kind switch
    {
        PersonalKind.Email when value.LastIndexOf('@') is > 0 and var at => $"{First(value)}{Nothing}{value[at..]}",
        PersonalKind.Phone => KeepLast(value, 2, 7),
        PersonalKind.CardNumber => KeepLast(value, 4, 12),
        PersonalKind.NationalId => KeepLast(value, 2, 8),
        PersonalKind.Iban when value.Length > 14 => $"{value.TrimStart()[..2]}{KeepLast(value.TrimStart()[2..], 4, 10)}",
        PersonalKind.Name => Words(value, static word => $"{First(word)}{Nothing}"),
        PersonalKind.IpAddress when IPAddress.TryParse(value.Trim(), out var address) => MaskAddress(address),
        PersonalKind.Unknown when value.Length > 6 => $"{First(value)}{Nothing}",
        _ => Nothing,
    };

    public static string Generalise(string value, PersonalKind kind) => kind switch
    {
        PersonalKind.Email when value.LastIndexOf('@') is > 0 and var at => $"*{value[at..].ToLowerInvariant()}",
        PersonalKind.Phone when value.TrimStart() is ['+', >= '0' and <= '9', >= '0' and <= '9', ..] phone => $"{phone[..3]}{Nothing}",
        PersonalKind.Name => Words(value, static word => $"{First(word)}."),
        PersonalKind.CardNumber => Network(value),
        PersonalKind.Iban when value.TrimStart() is { Length: > 14 } iban => iban[..2].ToUpperInvariant(),
        PersonalKind.Address => new string([.. value.Where(static c => !char.IsDigit(c))]).Trim(' ', ',', '-', '/'),
        PersonalKind.IpAddress when IPAddress.TryParse(value.Trim(), out var address) => NetworkOf(address),
        _ => Nothing,
    };

    /// <summary>The first character as people see it, so that no surrogate is torn apart.</summary>
    private static string First(string text) => StringInfo.GetNextTextElement(text.TrimStart());

    // A value too short to hide in is hidden whole.
    private static string KeepLast(string value, int kept, int atLeast)
    {
        var count = value.Count(char.IsLetterOrDigit);
        if (count < atLeast) return Nothing;
        var masked = new StringBuilder(value.Length);
        foreach (var c in value) masked.Append(!char.IsLetterOrDigit(c) ? (c is ' ' or '-' ? c : '*') : count-- > kept ? '*' : c);
        return masked.ToString();
    }

    private static string Words(string value, Func<string, string> of) => string.Join(' ', value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(6).Select(of));

    private static string Network(string value) => value.Where(char.IsAsciiDigit).Take(2).ToArray() switch
    {
        ['4', ..] => "Visa",
        ['5', >= '1' and <= '5'] or ['2', >= '2' and <= '7'] => "Mastercard",
        ['3', '4' or '7'] => "American Express",
        _ => "card",
    };

    private static string MaskAddress(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes[0]}.{bytes[1]}.*.*")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes[0] << 8 | bytes[1]:x}:{bytes[2] << 8 | bytes[3]:x}:*");
    }

    private static string NetworkOf(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        var length = address.AddressFamily == AddressFamily.InterNetwork ? 24 : 48;
        Array.Clear(bytes, length / 8, bytes.Length - length / 8);
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{length}");
    }
}
