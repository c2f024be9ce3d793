using Grpc.Core;
using Microsoft.Extensions.Http;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>
/// A channel has a handler and no <see cref="HttpClient"/>. Of what <c>ConfigureHttpClient</c> sets, the base address and
/// the default headers have a meaning for gRPC and are carried over; the rest has none.
/// </summary>
internal static class HttpClientSettings
{
    public static void CopyTo(GrpcClientFactoryOptions options, HttpClientFactoryOptions http)
    {
        if (http.HttpClientActions.Count == 0)
            return;
        using var client = new HttpClient();
        foreach (var action in http.HttpClientActions)
            action(client);
        options.Address ??= client.BaseAddress;
        var defaults = client.DefaultRequestHeaders.SelectMany(header => header.Value.Select(value => (Key: header.Key.ToLowerInvariant(), Value: value))).ToArray();
        if (defaults.Length > 0)
            options.CallOptionsActions.Add(call => call.CallOptions = call.CallOptions.WithHeaders(Merge(call.CallOptions.Headers, defaults)));
    }

    // As HttpClient does it: a default stands back as soon as the call names the header itself.
    private static Metadata Merge(Metadata? own, (string Key, string Value)[] defaults)
    {
        var merged = new Metadata();
        foreach (var entry in own ?? [])
            merged.Add(entry);
        foreach (var (key, value) in defaults)
        {
            if (own?.Get(key) is null)
                merged.Add(key, value);
        }

        return merged;
    }
}
