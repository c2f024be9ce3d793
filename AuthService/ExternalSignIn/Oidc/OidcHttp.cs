using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>
/// Talks to providers: bounded in bytes and time, no redirects, cookies or proxies, no trace headers. A client of its own, because those of
/// the mesh try again (a code is exchanged once) and look names up among services.
/// </summary>
internal sealed class OidcHttp : IDisposable
{
    /// <summary>Far more than any provider's documents have.</summary>
    public const int MaxAnswerLength = 128 * 1024;

    private const int MaxHeaderKiB = 16;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly HttpClient _client;
    private readonly OutboundAddresses _addresses;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public OidcHttp(OutboundAddresses addresses, IOptions<ExternalSignInOptions> options, TimeProvider time)
    {
        (_addresses, _timeout, _time) = (addresses, options.Value.Timeout, time);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = addresses.ConnectAsync,
            MaxResponseHeadersLength = MaxHeaderKiB,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            MaxResponseContentBufferSize = MaxAnswerLength,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>Fetches a JSON object.</summary>
    public Task<Result<JsonElement>> GetAsync(Uri address, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Authorization = authorization } }, cancellationToken);

    /// <summary>Sends a form and reads the JSON object that is answered.</summary>
    public Task<Result<JsonElement>> PostAsync(
        Uri address, IEnumerable<KeyValuePair<string, string>> form, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, address) { Headers = { Authorization = authorization }, Content = new FormUrlEncodedContent(form) },
            cancellationToken);

    public void Dispose() => _client.Dispose();

    private async Task<Result<JsonElement>> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            if (!_addresses.Allows(request.RequestUri!)) return new ProviderUnusable("address_not_allowed");
            using var timeout = new CancellationTokenSource(_timeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                // Reads the body as well, within the bound and the same patience.
                using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, both.Token);
                if (response.StatusCode != HttpStatusCode.OK) return new ProviderUnusable($"status_{(int)response.StatusCode}");
                return Parse(await response.Content.ReadAsByteArrayAsync(both.Token));
            }
            catch (HttpRequestException exception)
            {
                return new ProviderUnusable(exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? "answer_too_large" : "unreachable");
            }
            catch (SocketException)
            {
                return new ProviderUnusable("unreachable"); // Reset in the moment it was connected, which HttpClient passes on as it is.
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return new ProviderUnusable("too_slow");
            }
        }
    }

    private static Result<JsonElement> Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : new ProviderUnusable("not_an_object");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, a name twice, or half a surrogate pair in a name.
            return new ProviderUnusable("not_json");
        }
    }
}
