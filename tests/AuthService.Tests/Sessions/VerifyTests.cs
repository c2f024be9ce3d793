using System.Security.Cryptography;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AuthService.Tests.Sessions;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class VerifyTests(AuthFixture fixture)
{
    [Fact]
    public async Task Verify_WithAccessToken_TellsWhoItIsAndWhatTheyMayDo()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");

        var verified = await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);

        Assert.Equal(person.Id, verified.Subject);
        Assert.Equal(person.Email, verified.Email);
        Assert.Equal(person.Email.Split('@')[0], verified.DisplayName);
        Assert.Equal(["viewer"], verified.Roles);
        Assert.Contains("data:read:*", verified.Permissions);
        Assert.DoesNotContain("data:write:*", verified.Permissions);
        Assert.InRange(verified.ExpireTime.ToDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(570), TimeSpan.FromSeconds(601));
        var other = await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), administrator.Headers);
        Assert.Equal(other.Organisation, verified.Organisation);
    }

    [Fact]
    public async Task Verify_WithoutToken_IsUnauthenticated()
    {
        var refused = await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest()), StatusCode.Unauthenticated);
        Assert.Equal("CREDENTIAL_MISSING", refused.Reason);
    }

    [Fact]
    public async Task Verify_WithTokenOfAForeignKey_IsUnauthenticated()
    {
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ours = fixture.Service.Services.GetRequiredService<SigningKeys>().Signing.Id;
        foreach (var keyId in (string[])[ours, "another"])
        {
            var forged = new AccessTokenWriter(keyId, foreign).Write(Claims(DateTimeOffset.UtcNow));
            await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(forged)), StatusCode.Unauthenticated);
        }
    }

    [Fact]
    public async Task Verify_WithExpiredToken_SaysSo()
    {
        var writer = fixture.Service.Services.GetRequiredService<SigningKeys>().Signing.Writer;
        var expired = writer.Write(Claims(DateTimeOffset.UtcNow.AddMinutes(-20)));

        var refused = await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(expired)), StatusCode.Unauthenticated);

        Assert.Equal("TOKEN_EXPIRED", refused.Reason);
    }

    private static AccessTokenClaims Claims(DateTimeOffset now) => new()
    {
        Issuer = "https://aimesh",
        Audience = "aimesh",
        Subject = "somebody",
        Organisation = "somewhere",
        TokenId = "token",
        SessionId = "session",
        IssuedAt = now,
        NotBefore = now,
        Expires = now.AddMinutes(10),
    };
}
