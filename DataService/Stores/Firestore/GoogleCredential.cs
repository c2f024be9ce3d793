using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Stores.Firestore;

/// <summary>
/// Access tokens of Google Cloud: for a service account's key by a signed assertion (https://developers.google.com/identity/protocols/oauth2/service-account#httprest),
/// otherwise from the metadata server of the machine. Kept until shortly before they end.
/// </summary>
internal sealed class GoogleCredential(StoreOptions options, TimeProvider clock) : IDisposable
{
    private const string None = "none";
    private const string Scope = "https://www.googleapis.com/auth/datastore";
    private const string Metadata = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly HttpClient _client = new() { Timeout = options.Timeout };
    private readonly SemaphoreSlim _gate = new(1);
    private (string Token, DateTimeOffset Until) _known;

    /// <summary>Null where no credential is wanted.</summary>
    public async ValueTask<string?> TokenAsync(CancellationToken cancellationToken)
    {
        if (options.CredentialFile == None) return null;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() >= _known.Until)
            {
                var answer = await AskAsync(cancellationToken);
                _known = (answer.AccessToken, clock.GetUtcNow() + TimeSpan.FromSeconds(answer.ExpiresIn) - Margin);
            }

            return _known.Token;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MeshException(new Unavailable("the store of the dataset (there is no credential for it), which"));
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _gate.Dispose();
    }

    private async Task<Answer> AskAsync(CancellationToken cancellationToken)
    {
        using var request = options.CredentialFile.Length == 0 ? new HttpRequestMessage(HttpMethod.Get, Metadata) : await AssertAsync(cancellationToken);
        if (options.CredentialFile.Length == 0) request.Headers.Add("Metadata-Flavor", "Google");
        using var response = await _client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<Answer>(cancellationToken) ?? throw new JsonException();
    }

    private async Task<HttpRequestMessage> AssertAsync(CancellationToken cancellationToken)
    {
        var key = JsonSerializer.Deserialize<Key>(await File.ReadAllBytesAsync(options.CredentialFile, cancellationToken)) ?? throw new JsonException();
        var now = clock.GetUtcNow();
        var header = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { alg = "RS256", typ = "JWT", kid = key.PrivateKeyId }));
        var claims = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = key.ClientEmail,
            scope = Scope,
            aud = key.TokenUri,
            iat = now.ToUnixTimeSeconds(),
            exp = (now + Lifetime).ToUnixTimeSeconds(),
        }));
        using var rsa = RSA.Create();
        rsa.ImportFromPem(key.PrivateKey);
        var signature = rsa.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return new HttpRequestMessage(HttpMethod.Post, key.TokenUri)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = $"{header}.{claims}.{Base64Url.EncodeToString(signature)}",
            }),
        };
    }

    private sealed record Key(
        [property: JsonPropertyName("client_email")] string ClientEmail,
        [property: JsonPropertyName("private_key_id")] string PrivateKeyId,
        [property: JsonPropertyName("private_key")] string PrivateKey,
        [property: JsonPropertyName("token_uri")] string TokenUri);

    private sealed record Answer([property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName("expires_in")] int ExpiresIn);
}
