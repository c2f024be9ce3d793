using System.Net;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Stores;

/// <summary>Sends requests to stores that are reached by HTTP: with a time limit, and again where the store asks for it or a read came to nothing.</summary>
/// <param name="options">How long, and how often.</param>
/// <param name="maxAnswerBytes">A longer answer is none.</param>
/// <param name="busy">What this store answers to what it cannot do just now, besides what HTTP has for that.</param>
internal sealed class StoreHttp(StoreOptions options, long maxAnswerBytes = int.MaxValue, HttpStatusCode? busy = null) : IDisposable
{
    private readonly StoreRetry _retry = new(options);

    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = options.Timeout, AllowAutoRedirect = false })
    {
        Timeout = options.Timeout,
        MaxResponseContentBufferSize = maxAnswerBytes,
    };

    /// <param name="request">Makes the request, anew for each try.</param>
    /// <param name="repeatable">Done twice it is the same as done once: tried again also where nobody knows whether it was done.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <returns>What the store says, unless that is that it cannot.</returns>
    public async Task<StoreAnswer> SendAsync(Func<CancellationToken, Task<HttpRequestMessage>> request, bool repeatable, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (status, wanted) = (HttpStatusCode.ServiceUnavailable, (TimeSpan?)null);
            var repeat = repeatable;
            try
            {
                using var message = await request(cancellationToken);
                using var response = await _client.SendAsync(message, cancellationToken);
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                var answer = new StoreAnswer(response.StatusCode, body, response);
                var isRefusedForNow = answer.IsRefusedForNow || answer.Status == busy;
                if (!isRefusedForNow)
                {
                    if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) throw new MeshException(new Unavailable("the store of the dataset (it refuses the mesh's credential), which"));
                    if (answer.Status < HttpStatusCode.InternalServerError) return answer;
                }

                (status, wanted) = (answer.Status, answer.RetryAfter);
                repeat |= isRefusedForNow;
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Nothing came of it, or too late.
            }

            if (repeat && await _retry.PauseAsync(attempt, wanted, cancellationToken)) continue;
            throw new MeshException(status == HttpStatusCode.TooManyRequests ? new StoreThrottled() : new Unavailable("the store of the dataset"));
        }
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>An answer with its body.</summary>
internal sealed class StoreAnswer
{
    // Of Cosmos DB: "the operation encountered a transient error; retry".
    private const HttpStatusCode RetryWith = (HttpStatusCode)449;

    private readonly byte[] _body;

    public StoreAnswer(HttpStatusCode status, byte[] body, HttpResponseMessage response)
    {
        (Status, _body) = (status, body);
        Continuation = Header(response, "x-ms-continuation");
        Session = Header(response, "x-ms-session-token");
        RetryAfter = int.TryParse(Header(response, "x-ms-retry-after-ms"), out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : response.Headers.RetryAfter?.Delta;
    }

    public HttpStatusCode Status { get; }

    /// <summary>Cosmos DB: where the next page begins.</summary>
    public string? Continuation { get; }

    /// <summary>Cosmos DB: what a later read has to be as new as.</summary>
    public string? Session { get; }

    public TimeSpan? RetryAfter { get; }

    /// <summary>It was not done, and may be at another time.</summary>
    public bool IsRefusedForNow => Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or RetryWith;

    public ReadOnlyMemory<byte> Body => _body;

    public JsonNode Json() => JsonNode.Parse(_body)!;

    /// <summary>The store does not answer as its documentation says; what it says stays here, as it may hold values.</summary>
    public InvalidOperationException Unexpected(string what) => new($"The store answered {(int)Status} to {what}.");

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
