using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class AccessTokenKeySetTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Parse_OfOwnDocument_GivesTheSameKeys()
    {
        using var second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var set = AccessTokenKeySet.Create(("one", _key), ("two", second));

        Assert.True(AccessTokenKeySet.TryParse(set.ToJwks(), out var read));

        Assert.Equal(2, read.Count);
        Assert.True(read.IsSameAs(set));
        Assert.False(read.IsSameAs(AccessTokenKeySet.Create(("one", _key))));
        Assert.False(read.IsSameAs(AccessTokenKeySet.Create(("one", second), ("two", _key))));
    }

    [Fact]
    public void ToJwks_ShowsNothingPrivate()
    {
        var document = Encoding.UTF8.GetString(AccessTokenKeySet.Create(("one", _key)).ToJwks());

        Assert.DoesNotContain("\"d\"", document, StringComparison.Ordinal);
        Assert.DoesNotContain(CanonicalBase64Url.Encode(_key.ExportParameters(true).D), document, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"kty\":\"EC\"", "\"kty\":\"RSA\"")]
    [InlineData("\"kty\":\"EC\"", "\"kty\":\"oct\"")]
    [InlineData("\"crv\":\"P-256\"", "\"crv\":\"P-384\"")]
    [InlineData("\"alg\":\"ES256\"", "\"alg\":\"HS256\"")]
    [InlineData("\"use\":\"sig\"", "\"use\":\"enc\"")]
    [InlineData("\"kid\":\"one\"", "\"kid\":\"../one\"")]
    [InlineData("\"kid\":\"one\"", "\"k\":\"one\"")]
    [InlineData("\"x\":\"", "\"x\":\"AA")]
    [InlineData("\"y\":\"", "\"z\":\"")]
    public void Parse_OfKeyForSomethingElse_PassesItOver(string good, string other)
    {
        Assert.True(AccessTokenKeySet.TryParse(Changed(good, other), out var set));
        Assert.Equal(0, set.Count);
    }

    [Theory]
    [InlineData("\"kid\":\"one\"", "\"kid\":\"one\",\"kid\":\"two\"")]
    [InlineData("\"kid\":\"one\"", "\"kid\":\"one\",\"d\":\"AAAA\"")]
    [InlineData("\"kid\":\"one\"", "\"kid\":\"\\ud800\"")]
    [InlineData("{\"keys\":[", "{\"keys\":{}, \"other\":[")]
    [InlineData("{\"keys\":[", "{\"keys\":[1,")]
    [InlineData("{\"keys\":[", "[")]
    public void Parse_OfDocumentThatIsWrong_RefusesItWhole(string good, string bad) => Assert.False(AccessTokenKeySet.TryParse(Changed(good, bad), out _));

    [Fact]
    public void Parse_OfPointThatIsNotOnTheCurve_RefusesTheDocument()
    {
        var x = CanonicalBase64Url.Encode(_key.ExportParameters(false).Q.X);
        Assert.False(AccessTokenKeySet.TryParse(Changed(x, CanonicalBase64Url.Encode(new byte[32])), out _));
    }

    [Fact]
    public void Parse_OfKeyIdNamedTwice_RefusesTheDocument()
    {
        var one = Encoding.UTF8.GetString(AccessTokenKeySet.Create(("one", _key)).ToJwks());
        var twice = one.Replace("]}", $",{one["{\"keys\":[".Length..^2]}]}}", StringComparison.Ordinal);
        Assert.False(AccessTokenKeySet.TryParse(Encoding.UTF8.GetBytes(twice), out _));
    }

    [Fact]
    public void Parse_OfHugeDocument_Refuses() => Assert.False(AccessTokenKeySet.TryParse(new byte[AccessTokenKeySet.MaxDocumentLength + 1], out _));

    private byte[] Changed(string good, string other)
    {
        var document = Encoding.UTF8.GetString(AccessTokenKeySet.Create(("one", _key)).ToJwks());
        Assert.Contains(good, document, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(document.Replace(good, other, StringComparison.Ordinal));
    }
}
