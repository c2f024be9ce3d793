using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Testing;

namespace AiMesh.Gateway.Tests.Signatures;

/// <summary>A machine client that owns a key signs its requests; the signer here is written from RFC 9421 alone.</summary>
[Trait("Level", "Server")]
public sealed class SignatureTests : IAsyncLifetime
{
    private const string Body = "{\"value\":1}";
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    private GatewayFixture _gateway = null!;
    private GatewayFixture _second = null!;

    public async Task InitializeAsync()
    {
        var redis = await RedisServer.GetSharedAsync();
        string[] settings =
        [
            $"ConnectionStrings:redis={redis.ConnectionString}", $"Signatures:Keys:k1:Secret={Convert.ToBase64String(Secret)}",
            "Signatures:Keys:k1:Organisation=o", "Signatures:Keys:k1:Subject=robot",
        ];
        _gateway = await GatewayFixture.StartAsync(settings);
        _second = await GatewayFixture.StartAsync(settings, _gateway);
    }

    public async Task DisposeAsync()
    {
        await _second.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task SignedRequest_Passes_AndItsBodyReachesTheServiceWhole()
    {
        using var client = _gateway.Client(_gateway.Authority.Token("robot", "o"));
        using var answer = await client.SendAsync(Sign(new()));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = (await answer.Content.ReadFromJsonAsync<Dictionary<string, string>>())!;
        Assert.Equal(Body.Length.ToString(CultureInfo.InvariantCulture), seen["Content-Length"]);
    }

    [Fact]
    public async Task CallerWithAKey_MustSign_OthersNeedNot()
    {
        using var robot = _gateway.Client(_gateway.Authority.Token("robot", "o"));
        using var refused = await robot.GetAsync("/api/data/datasets");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("SIGNATURE_INVALID", (await refused.Content.ReadFromJsonAsync<JsonObject>())!["reason"]!.GetValue<string>());

        using var person = _gateway.Client(_gateway.Authority.Token("person", "o"));
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/api/data/datasets")).StatusCode);
    }

    [Fact]
    public async Task SameSignatureAgain_IsRefused_AlsoByAnotherReplica()
    {
        using var first = _gateway.Client(_gateway.Authority.Token("robot", "o"));
        using var second = _second.Client(_gateway.Authority.Token("robot", "o"));
        var nonce = Guid.NewGuid().ToString("N");
        Assert.Equal(HttpStatusCode.OK, (await first.SendAsync(Sign(new() { Nonce = nonce }))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await first.SendAsync(Sign(new() { Nonce = nonce }))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await second.SendAsync(Sign(new() { Nonce = nonce }))).StatusCode);
    }

    public static TheoryData<string> Forgeries => [.. Changes.Keys];

    private static readonly Dictionary<string, (Request Signed, Action<HttpRequestMessage>? Change)> Changes = new()
    {
        ["other body"] = (new(), static message => message.Content = new StringContent("{\"value\":2}", Encoding.UTF8, "application/json")),
        ["other path"] = (new(), static message => message.RequestUri = new Uri("/api/data/other?x=1", UriKind.Relative)),
        ["other query"] = (new(), static message => message.RequestUri = new Uri("/api/data/datasets?x=2", UriKind.Relative)),
        ["other method"] = (new(), static message => message.Method = HttpMethod.Put),
        ["other secret"] = (new() { Secret = new byte[32] }, null),
        ["unknown key"] = (new() { KeyId = "k2" }, null),
        ["too old"] = (new() { Age = 3600 }, null),
        ["from the future"] = (new() { Age = -3600 }, null),
        ["expired"] = (new() { Age = 20, Lifetime = 10 }, null),
        ["method not covered"] = (new() { Components = ["@path", "@query", "content-digest"] }, null),
        ["query not covered"] = (new() { Components = ["@method", "@path", "content-digest"] }, null),
        ["body not covered"] = (new() { Components = ["@method", "@path", "@query"] }, null),
        ["no nonce"] = (new() { Nonce = "" }, null),
        ["short nonce"] = (new() { Nonce = "1234567" }, null),
        ["long nonce"] = (new() { Nonce = new string('n', 129) }, null),
        ["other algorithm"] = (new() { Algorithm = "rsa-v1_5-sha256" }, null),
        ["unknown component"] = (new() { Components = ["@method", "@path", "@query", "content-digest", "@status"] }, null),
        ["no signature"] = (new(), static message => message.Headers.Remove("Signature")),
        ["empty signature"] = (new(), EmptySignature),
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task ForgedOrIncompleteSignature_IsRefused(string forgery)
    {
        var (signed, change) = Changes[forgery];
        using var message = Sign(signed);
        change?.Invoke(message);
        using var client = _gateway.Client(_gateway.Authority.Token("robot", "o"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(message)).StatusCode);
    }

    [Fact]
    public async Task KeyOfAnotherCaller_IsRefused()
    {
        using var client = _gateway.Client(_gateway.Authority.Token("person", "o"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(Sign(new()))).StatusCode);
    }

    private static void EmptySignature(HttpRequestMessage message)
    {
        message.Headers.Remove("Signature");
        message.Headers.TryAddWithoutValidation("Signature", "sig1=::");
    }

    private static HttpRequestMessage Sign(Request request)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "/api/data/datasets?x=1") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body)) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Body)))}:";
        message.Headers.TryAddWithoutValidation("Content-Digest", digest);

        var created = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - request.Age;
        var input = new StringBuilder("(").AppendJoin(' ', request.Components.Select(static name => $"\"{name}\"")).Append(')')
            .Append(CultureInfo.InvariantCulture, $";created={created};keyid=\"{request.KeyId}\";alg=\"{request.Algorithm}\"");
        if (request.Lifetime is { } lifetime)
            input.Append(CultureInfo.InvariantCulture, $";expires={created + lifetime}");
        if (request.Nonce.Length > 0)
            input.Append(CultureInfo.InvariantCulture, $";nonce=\"{request.Nonce}\"");
        var lines = request.Components.Select(name => $"\"{name}\": " + name switch
        {
            "@method" => "POST",
            "@path" => "/api/data/datasets",
            "@query" => "?x=1",
            "content-digest" => digest,
            _ => "200",
        }).Append($"\"@signature-params\": {input}");
        var signature = HMACSHA256.HashData(request.Secret, Encoding.ASCII.GetBytes(string.Join('\n', lines)));
        message.Headers.TryAddWithoutValidation("Signature-Input", $"sig1={input}");
        message.Headers.TryAddWithoutValidation("Signature", $"sig1=:{Convert.ToBase64String(signature)}:");
        return message;
    }

    private sealed record Request
    {
        public byte[] Secret { get; init; } = SignatureTests.Secret;

        public string KeyId { get; init; } = "k1";

        public string Nonce { get; init; } = Guid.NewGuid().ToString("N");

        public string Algorithm { get; init; } = "hmac-sha256";

        public long Age { get; init; }

        public long? Lifetime { get; init; }

        public string[] Components { get; init; } = ["@method", "@path", "@query", "content-digest"];
    }
}
