using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>ID tokens that are not to be believed: OpenID Connect Core 1.0 section 3.1.3.7 and RFC 8725, one rule a case.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class IdTokenAttackTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    private static readonly FakeKeys Strangers = new("RS256");

    /// <summary>What is done to a token, and the problem that the audit record names.</summary>
    private static readonly Dictionary<string, (Action<FakeProvider> Attack, string Problem)> Attacks = new()
    {
        ["wrong issuer"] = (Claims(static claims => claims["iss"] = "https://elsewhere.example"), "issuer"),
        ["issuer with a slash more"] = (Claims(static claims => claims["iss"] = $"{claims["iss"]}/"), "issuer"),
        ["no issuer"] = (Claims(static claims => claims.Remove("iss")), "issuer"),
        ["wrong audience"] = (Claims(static claims => claims["aud"] = "another-client"), "audience"),
        ["no audience"] = (Claims(static claims => claims.Remove("aud")), "audience"),
        ["audience of numbers"] = (Claims(static claims => claims["aud"] = new JsonArray(FakeProvider.ClientId, 1)), "audience"),
        ["more audiences and nobody named"] = (Claims(static claims => claims["aud"] = new JsonArray(FakeProvider.ClientId, "another")), "authorized_party"),
        ["given to another"] = (Claims(static claims => claims["azp"] = "another-client"), "authorized_party"),
        ["given to a number"] = (Claims(static claims => claims["azp"] = 1), "authorized_party"),
        ["wrong nonce"] = (Claims(static claims => claims["nonce"] = "another"), "nonce"),
        ["no nonce"] = (Claims(static claims => claims.Remove("nonce")), "nonce"),
        ["expired"] = (Claims(static claims => claims["exp"] = Now(-120)), "expired"),
        ["no expiry"] = (Claims(static claims => claims.Remove("exp")), "expired"),
        ["expiry as text"] = (Claims(static claims => claims["exp"] = "9999999999"), "expired"),
        ["issued in the future"] = (Claims(static claims => claims["iat"] = Now(600)), "issued_at"),
        ["issued long ago"] = (Claims(static claims => claims["iat"] = Now(-3600)), "issued_at"),
        ["no time of issue"] = (Claims(static claims => claims.Remove("iat")), "issued_at"),
        ["not valid yet"] = (Claims(static claims => claims["nbf"] = Now(600)), "not_before"),
        ["no subject"] = (Claims(static claims => claims.Remove("sub")), "subject"),
        ["empty subject"] = (Claims(static claims => claims["sub"] = ""), "subject"),
        ["subject beyond ASCII"] = (Claims(static claims => claims["sub"] = "ünique"), "subject"),
        ["subject too long"] = (Claims(static claims => claims["sub"] = new string('s', 256)), "subject"),
        ["algorithm none"] = (Header(static header => header["alg"] = "none"), "token_malformed"),
        ["algorithm none with a signature"] = (provider => { Header(static header => header["alg"] = "none")(provider); provider.TokenText = static text => $"{text}AAAA"; }, "token_algorithm"),
        ["HMAC with the public key"] = (provider => { provider.Keys = new FakeKeys("RS256"); Header(static header => header["alg"] = "HS256")(provider); }, "token_algorithm"),
        ["another hash"] = (provider => { provider.Keys = new FakeKeys("RS256"); Header(static header => header["alg"] = "RS512")(provider); }, "token_algorithm"),
        ["algorithm of another kind of key"] = (provider => { provider.Keys = new FakeKeys("RS256"); Header(static header => header["alg"] = "ES256")(provider); }, "unknown_key"),
        ["algorithm that the key is not for"] = (provider => { provider.Keys = new FakeKeys("RS256") { Published = static key => key["alg"] = "PS256" }; }, "unknown_key"),
        ["key for encryption"] = (static provider => provider.Keys = new FakeKeys("RS256") { Published = static key => key["use"] = "enc" }, "unknown_key"),
        ["key too short"] = (static provider => provider.Keys = new FakeKeys("RS256") { Published = static key => key["n"] = new string('x', 172) }, "unknown_key"),
        ["point off the curve"] = (static provider => provider.Keys = new FakeKeys { Published = static key => key["y"] = key["x"]!.DeepClone() }, "unknown_key"),
        ["no key id where none is needed"] = (Header(static header => header.Remove("kid")), ""),
        ["unknown key id"] = (Header(static header => header["kid"] = "other"), "unknown_key"),
        ["key id as number"] = (Header(static header => header["kid"] = 1), "token_header"),
        ["signed with a stranger's key"] = (static provider => { provider.Keys = new FakeKeys("RS256"); provider.TokenText = text => Resign(text); }, "signature"),
        ["key in the header"] = (
            static provider =>
            {
                provider.Keys = new FakeKeys("RS256");
                provider.TokenText = text => Resign(text, static header => header["jwk"] = Strangers.ToJwks()["keys"]![0]!.DeepClone());
            },
            "signature"),
        ["signature cut"] = (static provider => provider.TokenText = static text => text[..^2], "signature"),
        ["signature too long"] = (static provider => provider.TokenText = static text => $"{text}AAAA", "signature"),
        ["signature empty"] = (static provider => provider.TokenText = static text => text[..(text.LastIndexOf('.') + 1)], "token_malformed"),
        ["signature of zeros"] = (static provider => provider.TokenText = static text => $"{text[..(text.LastIndexOf('.') + 1)]}{new string('A', 86)}", "signature"),
        ["payload changed"] = (static provider => provider.TokenText = static text => Tamper(text), "signature"),
        ["critical extension"] = (Header(static header => header["crit"] = new JsonArray("exp")), "token_header"),
        ["unencoded payload"] = (Header(static header => header["b64"] = false), "token_header"),
        ["compressed"] = (Header(static header => header["zip"] = "DEF"), "token_header"),
        ["access token"] = (Header(static header => header["typ"] = "at+jwt"), "token_type"),
        ["logout token"] = (Header(static header => header["typ"] = "logout+jwt"), "token_type"),
        ["four parts"] = (static provider => provider.TokenText = static text => $"{text}.AAAA", "token_malformed"),
        ["five parts"] = (static provider => provider.TokenText = static text => $"{text}.AAAA.AAAA", "token_malformed"),
        ["padding"] = (static provider => provider.TokenText = static text => $"{text}==", "token_malformed"),
        ["white space"] = (static provider => provider.TokenText = static text => $" {text}", "token_malformed"),
        ["not a token"] = (static provider => provider.TokenText = static _ => "hello", "token_malformed"),
        ["far too long"] = (static provider => provider.TokenText = static text => $"{text}{new string('A', 40_000)}", "token_too_large"),
        ["a claim twice"] = (static provider => provider.TokenText = static text => WithPayload(text, static json => $$"""{"sub":"admin",{{json[1..]}}"""), "token_malformed"),
        ["no object"] = (static provider => provider.TokenText = static text => WithPayload(text, static _ => "[]"), "token_malformed"),
        ["half a surrogate pair"] = (static provider => provider.TokenText = static text => WithPayload(text, static json => $$"""{"\ud800":1,{{json[1..]}}"""), "token_malformed"),
    };

    public static TheoryData<string> Names => [.. Attacks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Token_ThatIsWrong_SignsNobodyIn(string name)
    {
        var (attack, problem) = Attacks[name];
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        attack(provider);

        if (problem.Length == 0)
        {
            Assert.Equal(HttpStatusCode.OK, (await fixture.SignInAsync(organisation)).Status);
            return;
        }

        Assert.Equal(("ID_TOKEN_REJECTED", problem), await fixture.RefusalAsync(organisation));
        Assert.Equal(0, await fixture.Auth.AskAsync<int>("select count(*)::int from external_accounts where organisation = @Id", new { organisation.Id }));
    }

    [Fact]
    public async Task Token_WithMoreThanWeAskFor_IsTaken()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        provider.Token = static (header, claims) =>
        {
            header["typ"] = "jwt";
            header["x5t"] = "AAAA";
            claims["aud"] = new JsonArray("another", FakeProvider.ClientId);
            claims["azp"] = FakeProvider.ClientId;
            claims["exp"] = Now(300) + 0.5;
            claims["nbf"] = Now(30);
            claims["amr"] = new JsonArray("pwd");
        };
        Assert.Equal(HttpStatusCode.OK, (await fixture.SignInAsync(organisation)).Status);
    }

    private static Action<FakeProvider> Claims(Action<JsonObject> change) => provider => provider.Token = (_, claims) => change(claims);

    private static Action<FakeProvider> Header(Action<JsonObject> change) => provider => provider.Token = (header, _) => change(header);

    private static long Now(int seconds) => DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;

    private static string Resign(string text, Action<JsonObject>? change = null)
    {
        var header = (JsonObject)JsonNode.Parse(Decode(text.Split('.')[0]))!;
        change?.Invoke(header);
        return Strangers.Sign(header, (JsonObject)JsonNode.Parse(Decode(text.Split('.')[1]))!);
    }

    private static string Tamper(string text) => WithPayload(text, static json => json.Replace("subject-1", "subject-2", StringComparison.Ordinal));

    private static string WithPayload(string text, Func<string, string> change)
    {
        var parts = text.Split('.');
        return $"{parts[0]}.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(change(Decode(parts[1]))))}.{parts[2]}";
    }

    private static string Decode(string part) => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(part));
}
