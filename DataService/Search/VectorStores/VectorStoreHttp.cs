using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.DataService.Stores;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>JSON to and from a store. What it says does not leave here but as values: its texts may hold what it was sent.</summary>
/// <param name="options">Where the store is, how long it may take, how often it is asked.</param>
/// <param name="authorise">Adds what the store asks for.</param>
/// <param name="busy">What this store answers to what it cannot do just now, besides what HTTP has for that.</param>
internal sealed class VectorStoreHttp(VectorStoreOptions options, Action<HttpRequestMessage> authorise, HttpStatusCode? busy = null) : IDisposable
{
    // Of ten thousand candidates some two megabytes.
    private const long MaxAnswerBytes = 16 * 1024 * 1024;

    private readonly StoreHttp _http = new(new StoreOptions { Timeout = options.Timeout, Retries = options.Retries }, MaxAnswerBytes, busy);
    private readonly Uri _endpoint = new(options.Endpoint.EndsWith('/') ? options.Endpoint : options.Endpoint + '/');

    public async Task<VectorAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(
            _ =>
            {
                var request = new HttpRequestMessage(method, new Uri(_endpoint, path)) { Content = body is null ? null : JsonContent.Create(body) };
                authorise(request);
                return Task.FromResult(request);
            },
            repeatable: true, cancellationToken);
        return new VectorAnswer(answer.Status, answer.Body, path);
    }

    public void Dispose() => _http.Dispose();
}

/// <param name="Status">Below 500.</param>
/// <param name="Body">Mostly JSON.</param>
/// <param name="Path">What was asked.</param>
internal sealed record VectorAnswer(HttpStatusCode Status, ReadOnlyMemory<byte> Body, string Path)
{
    // A name that comes twice would be found out only when somebody asks for it, and as another exception.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public JsonNode Json()
    {
        if (!IsSuccess) throw Unexpected();
        try
        {
            return JsonNode.Parse(Body.Span, documentOptions: Strict) ?? throw Unexpected();
        }
        catch (JsonException)
        {
            throw Unexpected();
        }
    }

    public InvalidOperationException Unexpected() => new($"The vector store answered {(int)Status} to {Path} otherwise than it says it does.");
}
