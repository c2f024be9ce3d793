using System.Net;
using Microsoft.Extensions.Primitives;

namespace AiMesh.Gateway.Addresses;

/// <summary>Finds the client behind trusted proxies. Each proxy appends whom it heard from, so the list is believed from its end, and only as far as trust reaches.</summary>
internal static class ForwardedChain
{
    /// <summary>A longer chain is no chain of ours.</summary>
    private const int MaxHops = 16;

    /// <summary>The first address from the end that is not a trusted proxy; null when a trusted proxy says nothing usable.</summary>
    public static IPAddress? FindClient(AddressLists lists, StringValues forwarded, StringValues forwardedFor)
    {
        // https://www.rfc-editor.org/rfc/rfc7239#section-4; proxies that know it go before the older header.
        var hops = forwarded.Count > 0 ? Split(forwarded).Select(ForOf).ToList() : [.. Split(forwardedFor)];
        IPAddress? client = null;
        for (var i = hops.Count - 1; i >= 0 && i >= hops.Count - MaxHops; i--)
        {
            if (hops[i] is not { } hop || !TryParse(hop, out var address))
                return client;
            client = address;
            if (!lists.IsTrustedProxy(address))
                return client;
        }

        return client;
    }

    private static IEnumerable<string> Split(StringValues values) =>
        values.SelectMany(static value => (value ?? "").Split(',', StringSplitOptions.TrimEntries));

    private static string? ForOf(string element)
    {
        foreach (var pair in element.Split(';', StringSplitOptions.TrimEntries))
        {
            if (pair.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
                return pair[4..].Trim('"');
        }

        return null;
    }

    /// <summary>With or without a port, IPv6 in brackets where there is one.</summary>
    private static bool TryParse(string text, out IPAddress address)
    {
        if (IPEndPoint.TryParse(text, out var endpoint) && (text.StartsWith('[') || text.Count(static c => c == ':') <= 1))
        {
            address = endpoint.Address;
            return true;
        }

        return IPAddress.TryParse(text, out address!);
    }
}
