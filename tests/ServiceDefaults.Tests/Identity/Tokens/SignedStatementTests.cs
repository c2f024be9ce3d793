using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class SignedStatementTests : IDisposable
{
    private const string Type = "receipt+jwt";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private AccessTokenWriter Writer => new("key-1", _key);

    private AccessTokenKeySet Keys => AccessTokenKeySet.Create(("key-1", _key));

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Verify_OfAStatement_GivesWhatWasSigned()
    {
        var text = Writer.WriteStatement(Type, "{\"a\":1}"u8);
        Assert.True(SignedStatement.TryVerify(Keys, Type, text, out var payload, out _));
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(payload));
    }

    [Fact]
    public void Verify_OfEveryChangedCharacter_Fails()
    {
        var text = Writer.WriteStatement(Type, "{\"a\":1}"u8);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = string.Concat(text.AsSpan(0, i), text[i] == 'A' ? "B" : "A", text.AsSpan(i + 1));
            Assert.False(SignedStatement.TryVerify(Keys, Type, changed, out _, out var problem), changed);
            Assert.NotEmpty(problem);
        }
    }

    [Theory]
    [InlineData("other+jwt")]
    [InlineData("at+jwt")]
    [InlineData("")]
    public void Verify_AsAnotherType_Fails(string type) =>
        Assert.False(SignedStatement.TryVerify(Keys, type, Writer.WriteStatement(Type, "{}"u8), out _, out _));

    [Theory]
    [InlineData("at+jwt")]
    [InlineData("")]
    [InlineData("a\",\"b\":\"c")]
    public void Write_WithATypeThatIsNotItsOwn_IsRefused(string type) => Assert.Throws<ArgumentException>(() => Writer.WriteStatement(type, "{}"u8));

    [Fact]
    public void Verify_WithAnUnknownKey_SaysSo()
    {
        Assert.False(SignedStatement.TryVerify(AccessTokenKeySet.Empty, Type, Writer.WriteStatement(Type, "{}"u8), out _, out var problem));
        Assert.Contains("key-1", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"alg":"none","typ":"receipt+jwt","kid":"key-1"}""")]
    [InlineData("""{"alg":"ES256","typ":"receipt+jwt","kid":"key-1","crit":["x"]}""")]
    [InlineData("""{"alg":"ES256","alg":"ES256","typ":"receipt+jwt","kid":"key-1"}""")]
    [InlineData("""["ES256"]""")]
    [InlineData("no json")]
    public void Verify_WithAnyOtherHeader_Fails(string header)
    {
        var signed = $"{CanonicalBase64Url.Encode(Encoding.UTF8.GetBytes(header))}.{CanonicalBase64Url.Encode("{}"u8)}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        P256.Canonicalize(signature);
        Assert.False(SignedStatement.TryVerify(Keys, Type, $"{signed}.{CanonicalBase64Url.Encode(signature)}", out _, out _));
    }
}
