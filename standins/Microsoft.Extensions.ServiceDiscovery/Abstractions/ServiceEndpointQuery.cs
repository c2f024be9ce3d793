using System.Diagnostics.CodeAnalysis;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>What is asked for: <c>[scheme[+scheme…]://][_endpoint.]service[:port]</c>.</summary>
public sealed class ServiceEndpointQuery
{
    private readonly string _text;

    private ServiceEndpointQuery(string text, IReadOnlyList<string> schemes, string serviceName, string? endpointName)
    {
        _text = text;
        IncludedSchemes = schemes;
        ServiceName = serviceName;
        EndpointName = endpointName;
    }

    /// <summary>Acceptable schemes, the preferred one first; empty when the query names none.</summary>
    public IReadOnlyList<string> IncludedSchemes { get; }

    /// <summary>The named endpoint asked for, <c>grpc</c> in <c>http://_grpc.auth</c>; null without one.</summary>
    public string? EndpointName { get; }

    /// <summary>The service, without endpoint name and port.</summary>
    public string ServiceName { get; }

    /// <summary>Reads a query.</summary>
    public static bool TryParse(string input, [NotNullWhen(true)] out ServiceEndpointQuery? query)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        query = null;

        var hasScheme = input.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? input : $"none://{input}", UriKind.Absolute, out var uri))
        {
            return false;
        }

        SplitHost(uri.Host, out var endpointName, out var serviceName);
        query = new ServiceEndpointQuery(input, hasScheme ? uri.Scheme.Split('+') : [], serviceName, endpointName);
        return true;
    }

    /// <summary>The query as it was written.</summary>
    public override string? ToString() => _text;

    /// <summary>Takes <c>_grpc.auth</c> apart.</summary>
    internal static void SplitHost(string host, out string? endpointName, out string serviceName)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        if (host.StartsWith('_') && dot > 1 && !host.EndsWith('.'))
        {
            endpointName = host[1..dot];
            serviceName = host[(dot + 1)..];
        }
        else
        {
            endpointName = null;
            serviceName = host;
        }
    }
}
