using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery.Internal;

internal static class EndPointParser
{
    /// <summary>Reads an absolute URI, or a host with or without a port.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        if (string.IsNullOrWhiteSpace(value))
        {
            return false;
        }

        if (value.Contains("://", StringComparison.Ordinal))
        {
            endPoint = Uri.TryCreate(value, UriKind.Absolute, out var uri) ? new UriEndPoint(uri) : null;
        }
        else if (Uri.TryCreate($"none://{value}", UriKind.Absolute, out var authority) && authority.Host.Length > 0)
        {
            endPoint = FromHost(authority.Host, authority.Port);
        }

        return endPoint is not null;
    }

    /// <summary>An IP or DNS endpoint; a port below 1 means "the scheme's own" and becomes 0.</summary>
    public static EndPoint FromHost(string host, int port)
    {
        port = Math.Max(port, 0);
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }
}
