using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

/// <summary>What verifiers of ECDSA have been broken with: values at the edges of their ranges, other encodings, curves and hashes.</summary>
public sealed class AccessTokenSignatureTests : IDisposable
{
    private static readonly BigInteger Order = Number("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    private static readonly BigInteger Prime = Number("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");

    private readonly TokenBench _bench = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public AccessTokenSignatureTests() => _bench.Current = AccessTokenKeySet.Create((TokenBench.KeyId, _key));

    private string Signed => $"{TokenBench.Encode(TokenBench.Header)}.{TokenBench.Encode(_bench.Payload)}";

    public void Dispose()
    {
        _key.Dispose();
        _bench.Dispose();
    }

    [Fact]
    public async Task Verify_OfTheGenuineSignature_Accepts() => Assert.IsType<VerifiedToken>(await VerifyAsync(Genuine()));

    [Fact]
    public async Task Verify_WithRAndSAtTheEdgesOfTheirRange_RefusesAllPairs()
    {
        // r and s of 0 verified against any key in Java (CVE-2022-21449); n and what lies above is the same as a smaller number modulo n.
        var (genuineR, genuineS) = (Read(Genuine(), 0), Read(Genuine(), 32));
        BigInteger[] edges =
        [
            0, 1, 2, Order - 2, Order - 1, Order, Order + 1, Order / 2, (Order / 2) + 1, Prime - Order, Prime - 1, Prime, (BigInteger.One << 256) - 1,
            BigInteger.One << 255, genuineR, genuineS, Order - genuineR, Order - genuineS,
        ];
        foreach (var r in edges)
        {
            foreach (var s in edges)
            {
                if ((r, s) == (genuineR, genuineS)) continue;
                Assert.Equal(TokenRejection.BadSignature, await ReasonAsync([.. Bytes(r), .. Bytes(s)]));
            }
        }
    }

    [Fact]
    public async Task Verify_WithAnyBitOfTheSignatureTurned_Refuses()
    {
        var genuine = Genuine();
        for (var bit = 0; bit < 512; bit++)
        {
            byte[] turned = [.. genuine];
            turned[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(TokenRejection.BadSignature, await ReasonAsync(turned));
        }
    }

    [Fact]
    public async Task Verify_WithRAndSExchanged_Refuses()
    {
        var genuine = Genuine();
        Assert.Equal(TokenRejection.BadSignature, await ReasonAsync([.. genuine.AsSpan(32), .. genuine.AsSpan(0, 32)]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(96)]
    [InlineData(128)]
    [InlineData(132)]
    public async Task Verify_WithSignatureOfAnotherLength_Refuses(int length)
    {
        var genuine = Genuine();
        byte[] filledBehind = [.. genuine.Take(length), .. new byte[Math.Max(0, length - genuine.Length)]];
        byte[] filledBefore = [.. new byte[Math.Max(0, length - genuine.Length)], .. genuine.Take(length)];
        Assert.Equal(TokenRejection.Malformed, await ReasonAsync(filledBehind));
        Assert.Equal(TokenRejection.Malformed, await ReasonAsync(filledBefore));
    }

    [Fact]
    public async Task Verify_WithDerThatIs64BytesLong_Refuses()
    {
        // SEQUENCE of two INTEGERs of 29 bytes each: as long as r and s, and not them.
        byte[] der = [0x30, 0x3E, 0x02, 0x1D, .. Enumerable.Repeat((byte)0x11, 29), 0x02, 0x1D, .. Enumerable.Repeat((byte)0x11, 29)];
        Assert.Equal(64, der.Length);
        Assert.Equal(TokenRejection.BadSignature, await ReasonAsync(der));
    }

    [Theory]
    [InlineData("nistP384", "SHA384")]
    [InlineData("nistP384", "SHA256")]
    [InlineData("nistP521", "SHA512")]
    public async Task Verify_WithSignatureOfAnotherCurve_Refuses(string curve, string hash)
    {
        using var other = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        Assert.Equal(TokenRejection.Malformed, await ReasonAsync(other.SignData(Encoding.ASCII.GetBytes(Signed), new HashAlgorithmName(hash))));
    }

    [Fact]
    public async Task Verify_WithSignatureOfAnotherCurveOfTheSameSize_Refuses()
    {
        using var other = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        for (var i = 0; i < 20; i++)
        {
            var signature = other.SignData(Encoding.ASCII.GetBytes(Signed), HashAlgorithmName.SHA256);
            P256.Canonicalize(signature);
            Assert.Equal(TokenRejection.BadSignature, await ReasonAsync(signature));
        }
    }

    [Theory]
    [InlineData("SHA1")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    public async Task Verify_WithSignatureOverAnotherHash_Refuses(string hash) =>
        Assert.Equal(TokenRejection.BadSignature, await ReasonAsync(Sign(Signed, new HashAlgorithmName(hash))));

    [Fact]
    public async Task Verify_WithSignatureOverSomethingElse_Refuses()
    {
        var parts = Signed.Split('.');
        foreach (var other in (string[])[parts[0], parts[1], $"{parts[1]}.{parts[0]}", Signed + ".", Signed + "\n", $"{parts[0]}{parts[1]}", TokenBench.Header + "." + _bench.Payload, ""])
            Assert.Equal(TokenRejection.BadSignature, await ReasonAsync(Sign(other, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public void Verify_OfTheExampleOfRfc7515_KnowsItsSignatureInItsOneSpelling()
    {
        // Appendix A.3. Its s is the larger of the pair. RFC 7515 takes both; of the mesh's own tokens there is one spelling only, so that
        // nobody can make a second one of a token that was revoked or counted.
        using var example = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), Y = Decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0") },
        });
        const string Content = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        var signature = Decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
        Assert.True(AccessTokenKeySet.Create(("a", example)).TryGet("a", out var key));

        Assert.False(key.Verify(Encoding.ASCII.GetBytes(Content), signature));
        P256.Canonicalize(signature);
        Assert.True(key.Verify(Encoding.ASCII.GetBytes(Content), signature));
        Assert.False(key.Verify(Encoding.ASCII.GetBytes(Content + "x"), signature));
    }

    private byte[] Genuine() => Sign(Signed, HashAlgorithmName.SHA256);

    private byte[] Sign(string content, HashAlgorithmName hash)
    {
        var signature = _key.SignData(Encoding.UTF8.GetBytes(content), hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        P256.Canonicalize(signature);
        return signature;
    }

    private async Task<TokenVerification> VerifyAsync(byte[] signature) => await _bench.VerifyAsync($"{Signed}.{CanonicalBase64Url.Encode(signature)}");

    private async Task<TokenRejection?> ReasonAsync(byte[] signature) => (await VerifyAsync(signature) as TokenRejected)?.Reason;

    private static byte[] Decode(string text)
    {
        Assert.True(CanonicalBase64Url.TryDecode(text, out var bytes));
        return bytes;
    }

    private static BigInteger Number(string hex) => BigInteger.Parse("0" + hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static BigInteger Read(byte[] signature, int at) => new(signature.AsSpan(at, 32), isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
