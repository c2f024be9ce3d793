using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>What is accepted from a provider is accepted from it only: none of it opens anything here.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class OwnTokensTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    public async Task IdToken_ThatSignsIn_IsNoAccessToken(string algorithm)
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Keys = new FakeKeys(algorithm);
        var idToken = "";
        provider.TokenText = text => idToken = text;
        var organisation = await fixture.SetUpAsync(provider);
        await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);
        await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(idToken)), StatusCode.Unauthenticated);
    }

    [Theory]
    [InlineData("RS256", TokenRejection.Malformed, TokenRejection.AlgorithmNotAllowed)]
    [InlineData("PS256", TokenRejection.Malformed, TokenRejection.AlgorithmNotAllowed)]
    [InlineData("ES256", TokenRejection.UnknownKey, TokenRejection.UnknownKey)]
    public async Task AccessToken_SignedByAProviderThatIsTrusted_IsRefused(string algorithm, TokenRejection whole, TokenRejection ofOurLength)
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Keys = new FakeKeys(algorithm);
        var organisation = await fixture.SetUpAsync(provider);
        var answer = (await fixture.SignInAsync(organisation)).Answer;
        var genuine = answer.GetProperty("accessToken").GetString()!;

        // Everything of a genuine token, with the provider's algorithm, key and signature.
        var header = (JsonObject)Parse(genuine, 0);
        (header["alg"], header["kid"]) = (algorithm, provider.Keys.Id);
        var verifier = fixture.Service.Services.GetRequiredService<AccessTokenVerifier>();
        var forged = provider.Keys.Sign(header, (JsonObject)Parse(genuine, 1));

        // A signature of RSA is longer than any of ours; cut to our length it is still of an algorithm that is not ours.
        Assert.Equal(whole, Assert.IsType<TokenRejected>(await verifier.VerifyAsync(forged, CancellationToken.None)).Reason);
        var signature = System.Buffers.Text.Base64Url.DecodeFromChars(forged.Split('.')[2])[..64];
        var cut = $"{forged[..forged.LastIndexOf('.')]}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
        Assert.Equal(ofOurLength, Assert.IsType<TokenRejected>(await verifier.VerifyAsync(cut, CancellationToken.None)).Reason);
        Assert.IsType<VerifiedToken>(await verifier.VerifyAsync(genuine, CancellationToken.None));
    }

    /// <summary>The same from inside: a key of RSA never gets among the mesh's own, nor does its algorithm under a key that is there.</summary>
    [Fact]
    public async Task AccessToken_WithRsa_IsRefused_AlsoUnderOurOwnKeyId()
    {
        var person = await fixture.Auth.RegisterAsync();
        var keys = fixture.Service.Services.GetRequiredService<SigningKeys>();
        Assert.True(AccessTokenKeySet.TryParse(Encoding.UTF8.GetBytes(new FakeKeys("RS256").ToJwks().ToJsonString()), out var none));
        Assert.Equal(0, none.Count);

        var header = (JsonObject)Parse(person.Tokens.AccessToken, 0);
        Assert.Equal((string)header["kid"]!, keys.Signing.Id);
        header["alg"] = "RS256";
        using var rsa = RSA.Create(2048);
        var signed = $"{Encode(header)}.{person.Tokens.AccessToken.Split('.')[1]}";
        var signature = rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        await Refusal.OfAsync(
            fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With($"{signed}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}")), StatusCode.Unauthenticated);
    }

    private static JsonNode Parse(string token, int part) => JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[part]))!;

    private static string Encode(JsonObject header) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()));
}
