using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.AuthService.ExternalSignIn.Oidc;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Keys and signatures that others made: the examples of RFC 7515.</summary>
public sealed class ProviderKeyTests
{
    private const string Claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string RsaKey =
        """
        {"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}
        """;

    private const string CurveKey =
        """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""";

    [Theory]
    [InlineData( // Appendix A.2
        "RS256", RsaKey, "eyJhbGciOiJSUzI1NiJ9",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")]
    [InlineData( // Appendix A.3; others may send either signature of the pair.
        "ES256", CurveKey, "eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")]
    public void Verify_OfTheExamples_KnowsTheirSignatures(string algorithm, string jwk, string header, string signature)
    {
        var key = Read(jwk)!;
        var (token, problem) = IdToken.Read($"{header}.{Claims}.{signature}");

        Assert.Null(problem);
        Assert.True(key.Verify(algorithm, token!.Signed, token.Signature));
        Assert.False(key.Verify(algorithm, [.. token.Signed, 0], token.Signature));
        foreach (var other in new[] { "RS256", "PS256", "ES256" }.Where(name => name != algorithm)) Assert.False(key.Verify(other, token.Signed, token.Signature));
    }

    [Theory]
    [InlineData("kty", "oct")]
    [InlineData("use", "enc")]
    [InlineData("alg", "RS512")]
    [InlineData("alg", "none")]
    [InlineData("e", "AQ")] // 1
    [InlineData("e", "AQAA")] // even
    [InlineData("e", "AQAAAAAB")] // longer than any in use
    [InlineData("n", "AQAB")]
    [InlineData("n", "not base64url!")]
    public void Read_OfAnRsaKeyThatIsUnfit_IsNull(string name, string value) => Assert.Null(Read(With(RsaKey, name, value)));

    [Theory]
    [InlineData("crv", "P-384")]
    [InlineData("crv", "secp256k1")]
    [InlineData("x", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")]
    [InlineData("x", "AA")]
    [InlineData("alg", "RS256")]
    public void Read_OfACurveKeyThatIsUnfit_IsNull(string name, string value) => Assert.Null(Read(With(CurveKey, name, value)));

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{}")]
    public void Read_OfWhatIsNoKey_IsNull(string json) => Assert.Null(Read(json));

    private static ProviderKey? Read(string json) => ProviderKey.Read(JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetBytes(json)));

    private static string With(string json, string name, string value)
    {
        var key = JsonNode.Parse(json)!;
        key[name] = value;
        return key.ToJsonString();
    }
}
