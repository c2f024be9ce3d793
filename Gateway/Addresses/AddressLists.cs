using System.Net;

namespace AiMesh.Gateway.Addresses;

/// <summary>The lists, parsed. IPv4 addresses are compared as such, also when they come in IPv6 clothes.</summary>
internal sealed class AddressLists(IReadOnlyList<IPNetwork> allow, IReadOnlyList<IPNetwork> deny, IReadOnlyList<IPNetwork> trustedProxies)
{
    public static AddressLists Create(AddressOptions options, ICollection<string> errors) => new(
        Parse(nameof(options.Allow), options.Allow, errors), Parse(nameof(options.Deny), options.Deny, errors), Parse(nameof(options.TrustedProxies), options.TrustedProxies, errors));

    public bool MayConnect(IPAddress address)
    {
        var plain = Plain(address);
        return !Contains(deny, plain) && (allow.Count == 0 || Contains(allow, plain));
    }

    public bool IsTrustedProxy(IPAddress address) => trustedProxies.Count > 0 && Contains(trustedProxies, Plain(address));

    private static bool Contains(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        for (var i = 0; i < networks.Count; i++)
        {
            if (networks[i].Contains(address))
                return true;
        }

        return false;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static List<IPNetwork> Parse(string list, IList<string> texts, ICollection<string> errors)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in texts)
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address) && !text.Contains('/', StringComparison.Ordinal))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
                errors.Add($"{AddressOptions.Section}:{list}: '{text}' is neither an address nor a network such as 10.0.0.0/8 or 2001:db8::/32.");
        }

        return networks;
    }
}
