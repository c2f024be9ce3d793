using System.Net.Sockets;
using OpenTelemetry;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>Fetches the authority's small public documents.</summary>
internal static class AuthorityDocument
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public static async Task<byte[]> GetAsync(
        HttpClient client, string pathAndQuery, int maxLength, TimeProvider time, CancellationToken cancellationToken = default)
    {
        // Asked every second by every service: a span for each would bury those of requests.
        using var quiet = SuppressInstrumentationScope.Begin();
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        client.MaxResponseContentBufferSize = maxLength;
        return await client.GetByteArrayAsync(new Uri(pathAndQuery, UriKind.Relative), both.Token);
    }

    /// <summary>
    /// The ways in which a fetch fails while the authority is away, restarting or slow. A connection that is reset in the moment it stands is not
    /// wrapped by <see cref="HttpClient"/>.
    /// </summary>
    public static bool IsOutage(Exception exception) =>
        exception is HttpRequestException or SocketException or OperationCanceledException or TimeoutRejectedException or BrokenCircuitException;
}
