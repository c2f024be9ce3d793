using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>
/// An identity provider that does what a test tells it: correct at first, then misbehaving in one way. Whoever is sent to it is signed in
/// as <see cref="Subject"/> at once.
/// </summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    public const string ClientId = OidcProvider.ClientId;
    public const string ClientSecret = OidcProvider.ClientSecret;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, AuthorizationRequest> _codes = new();
    private readonly TaskCompletionSource _ended = new();
    private int _keyFetches;
    private int _codeExchanges;

    private FakeProvider(WebApplication app, string issuer) => (_app, Issuer) = (app, issuer);

    public string Issuer { get; }

    public FakeKeys Keys { get; set; } = new();

    /// <summary>Whom it signs in.</summary>
    public string Subject { get; set; } = "subject-1";

    /// <summary>Claims beside those that every ID token has.</summary>
    public JsonObject Claims { get; set; } = [];

    /// <summary>What it says at the UserInfo endpoint, besides the subject.</summary>
    public JsonObject UserInfo { get; set; } = [];

    /// <summary>Changes the discovery document.</summary>
    public Action<JsonObject> Discovery { get; set; } = static _ => { };

    /// <summary>Changes a finished ID token's header and claims before it is signed.</summary>
    public Action<JsonObject, JsonObject> Token { get; set; } = static (_, _) => { };

    /// <summary>Changes the finished text of an ID token.</summary>
    public Func<string, string> TokenText { get; set; } = static text => text;

    /// <summary>Changes the parameters with which the browser is sent back.</summary>
    public Action<Dictionary<string, string>> Answer { get; set; } = static _ => { };

    /// <summary>Takes the place of the endpoint of that path.</summary>
    public Dictionary<string, RequestDelegate> Instead { get; } = [];

    /// <summary>Takes any verifier, as a provider without PKCE does.</summary>
    public bool IgnoresVerifier { get; set; }

    public int KeyFetches => _keyFetches;

    public int CodeExchanges => _codeExchanges;

    /// <summary>The latest authorization request.</summary>
    public AuthorizationRequest? Asked { get; private set; }

    public static async Task<FakeProvider> StartAsync()
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.Sources.Clear(); // AuthService's appsettings.json lies beside the tests; it is not meant for this server.
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(address);
        var provider = new FakeProvider(app, address);
        provider.Map();
        await app.StartAsync();
        return provider;
    }

    /// <summary>Answers when the provider is disposed.</summary>
    public async Task NeverAsync(HttpContext context) => await _ended.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        await _app.DisposeAsync();
    }

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            if (Instead.TryGetValue(context.Request.Path, out var other)) await other(context);
            else await next(context);
        });
        _app.MapGet("/.well-known/openid-configuration", () => Json(DiscoveryDocument()));
        _app.MapGet("/keys", () =>
        {
            Interlocked.Increment(ref _keyFetches);
            return Json(Keys.ToJwks());
        });
        _app.MapGet("/authorize", (Delegate)Authorize);
        _app.MapPost("/token", (Delegate)ExchangeAsync);
        _app.MapGet("/userinfo", (HttpContext context) =>
        {
            var answer = new JsonObject { ["sub"] = Subject };
            foreach (var (name, value) in UserInfo) answer[name] = value?.DeepClone();
            return context.Request.Headers.Authorization == "Bearer access" ? Json(answer) : Results.Unauthorized();
        });
    }

    private JsonObject DiscoveryDocument()
    {
        var document = new JsonObject
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = $"{Issuer}/authorize",
            ["token_endpoint"] = $"{Issuer}/token",
            ["jwks_uri"] = $"{Issuer}/keys",
            ["userinfo_endpoint"] = $"{Issuer}/userinfo",
            ["response_types_supported"] = new JsonArray("code"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256", "PS256", "ES256"),
            ["authorization_response_iss_parameter_supported"] = true,
        };
        Discovery(document);
        return document;
    }

    private IResult Authorize(HttpContext context)
    {
        var query = context.Request.Query;
        var request = new AuthorizationRequest(
            query["redirect_uri"].ToString(), query["state"].ToString(), query["nonce"].ToString(), query["code_challenge"].ToString(), query["code_challenge_method"].ToString(),
            query["scope"].ToString(), query["client_id"].ToString());
        Asked = request;
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _codes[code] = request;
        var answer = new Dictionary<string, string> { ["code"] = code, ["state"] = request.State, ["iss"] = Issuer };
        Answer(answer);
        return Results.Redirect($"{request.RedirectUri}?{string.Join('&', answer.Select(static pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"))}");
    }

    private async Task<IResult> ExchangeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _codeExchanges);
        var form = await context.Request.ReadFormAsync();
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ClientId}:{System.Net.WebUtility.UrlEncode(ClientSecret)}"));
        var isClient = context.Request.Headers.Authorization == $"Basic {basic}" || (form["client_id"] == ClientId && form["client_secret"] == ClientSecret);
        if (!isClient || form["grant_type"] != "authorization_code") return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        if (!_codes.TryRemove(form["code"].ToString(), out var request) || form["redirect_uri"] != request.RedirectUri) return Refused();
        var challenge = Base64UrlOf(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!IgnoresVerifier && challenge != request.Challenge) return Refused();

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = Subject,
            ["aud"] = ClientId,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["nonce"] = request.Nonce,
        };
        foreach (var (name, value) in Claims) claims[name] = value?.DeepClone();
        var header = new JsonObject { ["alg"] = Keys.Algorithm, ["kid"] = Keys.Id };
        Token(header, claims);
        return Json(new JsonObject { ["access_token"] = "access", ["token_type"] = "Bearer", ["expires_in"] = 60, ["id_token"] = TokenText(Keys.Sign(header, claims)) });
    }

    private static string Base64UrlOf(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static IResult Refused() => Results.Json(new { error = "invalid_grant" }, statusCode: 400);

    private static IResult Json(JsonObject content) => Results.Text(content.ToJsonString(), "application/json");
}

/// <summary>What the mesh asked of a provider.</summary>
internal sealed record AuthorizationRequest(string RedirectUri, string State, string Nonce, string Challenge, string ChallengeMethod, string Scope, string ClientId);
