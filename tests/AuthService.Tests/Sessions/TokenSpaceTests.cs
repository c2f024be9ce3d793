using System.Collections.Immutable;
using System.Security.Cryptography;
using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Tests.Sessions;

public sealed class TokenSpaceTests
{
    [Theory]
    [InlineData("ai:ask", "ai:ask")]
    [InlineData("ai:ask ai:chat", "ai:ask ai:chat")]
    [InlineData("data:read:* data:read:surveys ai:ask", "ai:ask data:read:*")]
    [InlineData("data:*:surveys data:read:surveys data:read:movies", "data:*:surveys data:read:movies")]
    [InlineData("* ai:ask data:read:*", "*")]
    [InlineData("", "")]
    public void Reduce_OfGrants_KeepsWhatSaysTheSame(string patterns, string expected) =>
        Assert.Equal(Split(expected), TokenSpace.Reduce(Split(patterns)).Patterns.AsEnumerable());

    [Fact]
    public void Fits_OfTheMostThatFits_IsATokenThatCanBeWritten()
    {
        var region = new string('ä', 200);
        var attributes = ImmutableDictionary<string, string>.Empty;
        while (TokenSpace.Fits("a@b.c", "Name", ["viewer"], ["data:list"], attributes.Add($"a{attributes.Count}", region)))
            attributes = attributes.Add($"a{attributes.Count}", region);
        for (var length = 1; TokenSpace.Fits("a@b.c", "Name", ["viewer"], ["data:list"], attributes.SetItem("z", new string('x', length))); length++)
            attributes = attributes.SetItem("z", new string('x', length));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var token = new AccessTokenWriter(new string('f', 32), key).Write(new AccessTokenClaims
        {
            Issuer = "https://a-rather-long-name-of-an-issuer.example.com/aimesh",
            Audience = "aimesh",
            Subject = new string('f', 32),
            Organisation = new string('o', 63),
            Roles = ["viewer"],
            Permissions = PermissionSet.Create("data:list"),
            Attributes = attributes,
            TokenId = new string('f', 32),
            SessionId = new string('f', 32),
            Email = "a@b.c",
            DisplayName = "Name",
            AuthenticatedAt = now,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddMinutes(10),
        });

        Assert.InRange(token.Length, 7_000, 8_192);
    }

    private static string[] Split(string patterns) => patterns.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
