using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

/// <summary>
/// What attackers send, by RFC 7515, 7519 and 8725. Wherever possible the forgery is signed with the genuine key, so that it is the
/// check under test that refuses it and not the signature.
/// </summary>
public sealed class AccessTokenForgeryTests : IDisposable
{
    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Verify_OfTheBenchsOwnPayload_Accepts() =>
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(_bench.Sign(TokenBench.Header, _bench.Payload)));

    [Theory]
    [InlineData("""{"alg":"none","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"None","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"HS256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES384","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"es256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES256K","typ":"at+jwt","kid":"test-key"}""")]
    public async Task Verify_WithAnotherAlgorithm_Refuses(string header) =>
        Assert.Equal(TokenRejection.AlgorithmNotAllowed, await _bench.ReasonAsync(_bench.Sign(header, _bench.Payload)));

    [Fact]
    public async Task Verify_WithHmacUnderThePublicKey_Refuses()
    {
        // RFC 8725 section 2.1: the public key taken for a shared secret.
        var signed = $"{TokenBench.Encode("""{"alg":"HS256","typ":"at+jwt","kid":"test-key"}""")}.{TokenBench.Encode(_bench.Payload)}";
        var mac = HMACSHA256.HashData(_bench.PublicKeyBytes, Encoding.ASCII.GetBytes(signed));

        Assert.NotNull(await _bench.ReasonAsync($"{signed}.{CanonicalBase64Url.Encode(mac)}"));
        Assert.Equal(TokenRejection.AlgorithmNotAllowed, await _bench.ReasonAsync($"{signed}.{CanonicalBase64Url.Encode([.. mac, .. mac])}"));
    }

    [Theory]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","crit":["exp"]}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","b64":false}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","zip":"DEF"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","jku":"https://evil/jwks.json"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","jwk":{"kty":"EC","crv":"P-256","x":"a","y":"b"}}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","x5u":"https://evil/cert"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","x5c":["MIIB"]}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","cty":"JWT"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key","enc":"A256GCM"}""")]
    [InlineData("""{"alg":"ES256","typ":"JWT","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES256","typ":"application/at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES256","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt"}""")]
    [InlineData("""{"typ":"at+jwt","kid":"test-key","x":1}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":7}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":null}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":""}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"../../etc/passwd"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"x' OR '1'='1"}""")]
    [InlineData("""{"alg":["ES256"],"typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"ALG":"ES256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{}""")]
    public async Task Verify_WithAnyOtherHeader_Refuses(string header) =>
        Assert.Equal(TokenRejection.HeaderNotAllowed, await _bench.ReasonAsync(_bench.Sign(header, _bench.Payload)));

    [Theory]
    [InlineData("""{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES256","\u0061lg":"none","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key"}{}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key"} x""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key",}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"test-key"/*c*/}""")]
    [InlineData("""{'alg':'ES256','typ':'at+jwt','kid':'test-key'}""")]
    [InlineData("""{"\ud800":"ES256","typ":"at+jwt","kid":"test-key"}""")]
    [InlineData("""["ES256"]""")]
    [InlineData("\"ES256\"")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("not json")]
    public async Task Verify_WithHeaderThatIsNoStrictObject_Refuses(string header) =>
        Assert.NotNull(await _bench.ReasonAsync(_bench.Sign(header, _bench.Payload)));

    [Fact]
    public async Task Verify_WithHeaderThatIsNotUtf8_Refuses() =>
        Assert.Equal(TokenRejection.Malformed, await _bench.ReasonAsync(_bench.SignEncoded(CanonicalBase64Url.Encode([0x7B, 0xFF, 0x7D]), TokenBench.Encode(_bench.Payload))));

    [Theory]
    [InlineData("iss")]
    [InlineData("aud")]
    [InlineData("sub")]
    [InlineData("org")]
    [InlineData("kind")]
    [InlineData("roles")]
    [InlineData("perms")]
    [InlineData("attrs")]
    [InlineData("tier")]
    [InlineData("jti")]
    [InlineData("sid")]
    [InlineData("iat")]
    [InlineData("nbf")]
    [InlineData("exp")]
    public async Task Verify_WithoutRequiredClaim_Refuses(string claim) =>
        Assert.Equal(TokenRejection.InvalidClaims, await _bench.ReasonAsync(_bench.Sign(TokenBench.Header, _bench.Payload.Replace($"\"{claim}\":", "\"other\":", StringComparison.Ordinal))));

    [Theory]
    [InlineData("\"aud\":\"aimesh\"", "\"aud\":[\"aimesh\"]")]
    [InlineData("\"aud\":\"aimesh\"", "\"aud\":[\"aimesh\",\"evil\"]")]
    [InlineData("\"sub\":\"alice\"", "\"sub\":\"\"")]
    [InlineData("\"sub\":\"alice\"", "\"sub\":null")]
    [InlineData("\"sub\":\"alice\"", "\"sub\":1")]
    [InlineData("\"sub\":\"alice\"", "\"sub\":{\"id\":\"alice\"}")]
    [InlineData("\"sub\":\"alice\"", "\"sub\":\"\\ud800\"")]
    [InlineData("\"sub\":\"alice\"", "\"sub\":\"bob\",\"sub\":\"alice\"")]
    [InlineData("\"sub\":\"alice\"", "\"s\\u0075b\":\"bob\",\"sub\":\"alice\"")]
    [InlineData("\"kind\":\"user\"", "\"kind\":\"root\"")]
    [InlineData("\"kind\":\"user\"", "\"kind\":\"User\"")]
    [InlineData("\"kind\":\"user\"", "\"kind\":\"anonymous\"")]
    [InlineData("\"tier\":\"FREE\"", "\"tier\":\"free\"")]
    [InlineData("\"tier\":\"FREE\"", "\"tier\":1")]
    [InlineData("[\"viewer\"]", "\"viewer\"")]
    [InlineData("[\"viewer\"]", "[\"viewer\",1]")]
    [InlineData("[\"viewer\"]", "[\"\"]")]
    [InlineData("[\"viewer\"]", "null")]
    [InlineData("[\"ai:ask\"]", "[\"ai::ask\"]")]
    [InlineData("[\"ai:ask\"]", "[\"ai:a*\"]")]
    [InlineData("[\"ai:ask\"]", "[\"**\"]")]
    [InlineData("[\"ai:ask\"]", "[\"\"]")]
    [InlineData("{\"region\":\"EU\"}", "{\"region\":1}")]
    [InlineData("{\"region\":\"EU\"}", "{\"region\":\"EU\",\"region\":\"US\"}")]
    [InlineData("{\"region\":\"EU\"}", "{\"region\":{\"a\":{\"b\":1}}}")]
    [InlineData("{\"region\":\"EU\"}", "{\"\\ud800\":\"EU\"}")]
    [InlineData("{\"region\":\"EU\"}", "[]")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"email\":1")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"name\":\"\"")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"name\":null")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"rpm\":0")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"rpm\":-1")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"rpm\":1.5")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"rpm\":\"60\"")]
    [InlineData("\"jti\":\"j\"", "\"jti\":\"j\",\"rpm\":99999999999")]
    public async Task Verify_WithMalformedClaim_Refuses(string good, string bad)
    {
        Assert.Contains(good, _bench.Payload, StringComparison.Ordinal);
        Assert.Equal(TokenRejection.InvalidClaims, await _bench.ReasonAsync(_bench.Sign(TokenBench.Header, _bench.Payload.Replace(good, bad, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("\"{0}\"")]
    [InlineData("{0}.5")]
    [InlineData("{0}e0")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1e300")]
    [InlineData("99999999999999999999")]
    [InlineData("253402300800")]
    [InlineData("null")]
    [InlineData("true")]
    public async Task Verify_WithTimeThatIsNoUnixSecond_Refuses(string form)
    {
        foreach (var claim in new[] { "iat", "nbf", "exp" })
        {
            var value = claim == "exp" ? _bench.Now + 600 : _bench.Now;
            var payload = _bench.Payload.Replace($"\"{claim}\":{value}", $"\"{claim}\":{form.Replace("{0}", $"{value}", StringComparison.Ordinal)}", StringComparison.Ordinal);
            Assert.NotEqual(_bench.Payload, payload);
            Assert.Equal(TokenRejection.InvalidClaims, await _bench.ReasonAsync(_bench.Sign(TokenBench.Header, payload)));
        }
    }

    [Fact]
    public async Task Verify_OfTokenThatEndsBeforeItBegins_Refuses()
    {
        var payload = _bench.Payload.Replace($"\"exp\":{_bench.Now + 600}", $"\"exp\":{_bench.Now}", StringComparison.Ordinal);
        Assert.Equal(TokenRejection.InvalidClaims, await _bench.ReasonAsync(_bench.Sign(TokenBench.Header, payload)));
    }

    [Fact]
    public async Task Verify_WithUnknownKey_Refuses() =>
        Assert.Equal(TokenRejection.UnknownKey, await _bench.ReasonAsync(_bench.Sign(TokenBench.Header.Replace("test-key", "other-key", StringComparison.Ordinal), _bench.Payload)));

    [Fact]
    public async Task Verify_WithSignatureOfAnotherKey_Refuses()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(TokenRejection.BadSignature, await _bench.ReasonAsync(TokenBench.Sign(TokenBench.Encode(TokenBench.Header), TokenBench.Encode(_bench.Payload), other)));
    }

    [Fact]
    public async Task Verify_WithPayloadExchanged_Refuses()
    {
        var parts = _bench.Token().Split('.');
        parts[1] = TokenBench.Encode(_bench.Payload.Replace("alice", "admin", StringComparison.Ordinal));
        Assert.Equal(TokenRejection.BadSignature, await _bench.ReasonAsync(string.Join('.', parts)));
    }

    public static TheoryData<string, string> Signatures() => new()
    {
        { "empty", "" },
        { "zero", CanonicalBase64Url.Encode(new byte[64]) },
        { "short", CanonicalBase64Url.Encode(new byte[63]) },
        { "long", CanonicalBase64Url.Encode(new byte[65]) },
        { "all ones", CanonicalBase64Url.Encode([.. Enumerable.Repeat((byte)0xFF, 64)]) },
    };

    [Theory]
    [MemberData(nameof(Signatures))]
    public async Task Verify_WithSignatureThatIsNone_Refuses(string name, string signature)
    {
        var token = _bench.Token();
        Assert.False(await _bench.VerifyAsync($"{token[..token.LastIndexOf('.')]}.{signature}") is VerifiedToken, name);
    }

    [Fact]
    public async Task Verify_WithTheOtherSignatureOfThePair_Refuses()
    {
        var token = _bench.Token();
        Assert.True(CanonicalBase64Url.TryDecode(token.AsSpan(token.LastIndexOf('.') + 1), out var signature));
        Negate(signature.AsSpan(32));

        Assert.Equal(TokenRejection.BadSignature, await _bench.ReasonAsync($"{token[..token.LastIndexOf('.')]}.{CanonicalBase64Url.Encode(signature)}"));
    }

    [Fact]
    public async Task Verify_WithDerSignature_Refuses()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _bench.Current = AccessTokenKeySet.Create((TokenBench.KeyId, key));
        var signed = $"{TokenBench.Encode(TokenBench.Header)}.{TokenBench.Encode(_bench.Payload)}";
        var der = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        Assert.Equal(TokenRejection.Malformed, await _bench.ReasonAsync($"{signed}.{CanonicalBase64Url.Encode(der)}"));
    }

    [Fact]
    public async Task Verify_OfOtherSpellingsOfOneToken_RefusesAll()
    {
        var token = _bench.Token();
        var parts = token.Split('.');
        string[] spellings =
        [
            token + "=", token + "==", token + " ", " " + token, token + "\n", "\0" + token, token + "\0", token + ".", "." + token,
            $"{parts[0]}=.{parts[1]}.{parts[2]}", $"{parts[0]}.{parts[1]}=.{parts[2]}", $"{parts[0]}..{parts[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{parts[2]}.", $"{parts[0]}.{parts[1]}.{parts[2]}.{parts[2]}", $"{parts[0]}.{parts[1]}", parts[0], "", ".", "..", "...",
            $"{parts[0]}.{parts[1]}.{parts[2][..^1]}", $"{parts[0]}.{parts[1]}.{LastCharacterPlusOne(parts[2])}",
            $"{parts[0]}.{parts[1]}.{parts[2].Replace('-', '+').Replace('_', '/')}x", $"{parts[0]}.{parts[1].Insert(4, " ")}.{parts[2]}",
            $"{parts[0]}.{parts[1].Insert(4, "\n")}.{parts[2]}", $"{parts[0]}.{parts[1].Insert(4, "é")}.{parts[2]}", "Bearer " + token,
        ];

        foreach (var spelling in spellings) Assert.Equal(TokenRejection.Malformed, await _bench.ReasonAsync(spelling));
    }

    [Fact]
    public async Task Verify_OfMoreThan8KiB_RefusesWithoutReading()
    {
        var payload = _bench.Payload.Replace("\"jti\":\"j\"", $"\"jti\":\"j\",\"padding\":\"{new string('x', 9000)}\"", StringComparison.Ordinal);
        Assert.Equal(TokenRejection.TooLarge, await _bench.ReasonAsync(_bench.Sign(TokenBench.Header, payload)));
    }

    [Fact]
    public async Task Verify_OfNearly8KiB_StillReads()
    {
        var payload = _bench.Payload.Replace("\"jti\":\"j\"", $"\"jti\":\"j\",\"padding\":\"{new string('x', 5000)}\"", StringComparison.Ordinal);
        Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(_bench.Sign(TokenBench.Header, payload)));
    }

    [Fact]
    public async Task Verify_OfEncryptedToken_Refuses() =>
        Assert.Equal(TokenRejection.Malformed, await _bench.ReasonAsync($"{TokenBench.Encode("""{"alg":"ECDH-ES","enc":"A256GCM"}""")}.a.b.c.d"));

    private static string LastCharacterPlusOne(string text) => text[..^1] + (char)(text[^1] + 1);

    private static void Negate(Span<byte> s)
    {
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        var borrow = 0;
        for (var i = 31; i >= 0; i--)
        {
            var difference = order[i] - s[i] - borrow;
            borrow = difference < 0 ? 1 : 0;
            s[i] = (byte)difference;
        }
    }
}
