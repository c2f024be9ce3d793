using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Addresses that share their first bits (CIDR). IPv4 addresses mapped to IPv6 count as the IPv4 addresses that they are.</summary>
public sealed record AddressRange
{
    private const int MappedBits = 96;

    private readonly IPNetwork _network;

    private AddressRange(IPNetwork network) => _network = network;

    /// <summary>Reads "192.0.2.0/24", "2001:db8::/32", or a single address. Bits beyond the prefix must be zero, and nothing is short for anything.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AddressRange? range)
    {
        ArgumentNullException.ThrowIfNull(text);
        range = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryAddress(slash < 0 ? text : text[..slash], out var address)) return false;

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0 && !TryPrefix(text.AsSpan(slash + 1), bits, out prefix)) return false;
        if (address.IsIPv4MappedToIPv6 && prefix >= MappedBits) (address, prefix) = (address.MapToIPv4(), prefix - MappedBits);
        if (HasBitsBeyond(address, prefix)) return false;

        range = new AddressRange(new IPNetwork(address, prefix));
        return true;
    }

    /// <summary>The address as policies compare it: IPv4 where it is IPv4 mapped to IPv6, without a zone.</summary>
    public static IPAddress Plain(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
    }

    /// <summary>Whether the address lies in the range.</summary>
    public bool Contains(IPAddress address) => _network.Contains(Plain(address));

    /// <inheritdoc/>
    public override string ToString() => _network.ToString();

    // IPAddress reads "10.1", "0x7f.1" and "010.0.0.1" as C did; people who write these mean something else.
    private static bool TryAddress(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal)
        && (address.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text);

    private static bool TryPrefix(ReadOnlySpan<char> text, int bits, out int prefix) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= bits && (text.Length == 1 || text[0] != '0');

    private static bool HasBitsBeyond(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0) return true;
        return false;
    }
}
