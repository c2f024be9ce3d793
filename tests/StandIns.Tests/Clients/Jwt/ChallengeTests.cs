using System.Net;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace AiMesh.StandIns.Tests.Clients.Jwt;

public sealed class ChallengeTests
{
    private static readonly DateTime Noon = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    public static TheoryData<Exception, string> Reasons => new()
    {
        { new SecurityTokenExpiredException("old") { Expires = Noon }, "The token expired at '11/21/2026 12:00:00'" },
        { new SecurityTokenNotYetValidException("new") { NotBefore = Noon }, "The token is not valid before '11/21/2026 12:00:00'" },
        { new SecurityTokenInvalidAudienceException("who") { InvalidAudience = "other" }, "The audience 'other' is invalid" },
        { new SecurityTokenInvalidIssuerException("whose") { InvalidIssuer = "them" }, "The issuer 'them' is invalid" },
        { new SecurityTokenNoExpirationException("ever"), "The token has no expiration" },
        { new SecurityTokenSignatureKeyNotFoundException("kid"), "The signature key was not found" },
        { new SecurityTokenInvalidSignatureException("sig"), "The signature is invalid" },
        {
            new SecurityTokenInvalidLifetimeException("odd") { NotBefore = Noon, Expires = null },
            "The token lifetime is invalid; NotBefore: '11/21/2026 12:00:00', Expires: '(null)'"
        },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Refusal_IsDescribed(Exception reason, string description)
        => Assert.Equal($"Bearer error=\"invalid_token\", error_description=\"{description}\"", await ChallengeAsync(reason));

    [Fact]
    public async Task Refusal_ForReasonsThatAreNotTheCallers_HasNoDescription()
        => Assert.Equal("Bearer error=\"invalid_token\"", await ChallengeAsync(new InvalidOperationException("keys are at 10.0.0.1")));

    [Fact]
    public async Task Refusal_WithoutDetails_IsPlain()
        => Assert.Equal("Bearer", await ChallengeAsync(new SecurityTokenExpiredException("old"), options => options.IncludeErrorDetails = false));

    [Fact]
    public async Task Refusal_WithRealm_GoesOnAfterAComma()
        => Assert.Equal(
            "Bearer realm=\"mesh\", error=\"invalid_token\", error_description=\"The signature is invalid\"",
            await ChallengeAsync(new SecurityTokenInvalidSignatureException("sig"), options => options.Challenge = "Bearer realm=\"mesh\""));

    [Fact]
    public async Task Refusal_ByTwoHandlers_NamesBothReasons()
        => Assert.Equal(
            "Bearer error=\"invalid_token\", error_description=\"The signature is invalid; The token has no expiration\"",
            await ChallengeAsync(new SecurityTokenInvalidSignatureException("sig"), options => options.TokenHandlers.Add(
                new ScriptedTokenHandler((_, _) => ScriptedTokenHandler.Refused(new SecurityTokenNoExpirationException("ever"))))));

    [Fact]
    public async Task Refusal_WithTextOfTheCallers_CannotBreakOutOfTheHeader()
        => Assert.Equal(
            "Bearer error=\"invalid_token\", error_description=\"The audience 'a?, x=?b??c?' is invalid\"",
            await ChallengeAsync(new SecurityTokenInvalidAudienceException("who") { InvalidAudience = "a\", x=\"b\r\nc\u00fc" }));

    [Fact]
    public async Task Hook_CanChangeTheChallenge()
        => Assert.Equal(
            "Bearer error=\"insufficient_scope\", error_uri=\"https://docs/scopes\"",
            await ChallengeAsync(new SecurityTokenExpiredException("old"), options => options.Events = new JwtBearerEvents
            {
                OnChallenge = context =>
                {
                    Assert.IsType<SecurityTokenExpiredException>(context.AuthenticateFailure);
                    (context.Error, context.ErrorDescription, context.ErrorUri) = ("insufficient_scope", null, "https://docs/scopes");
                    return Task.CompletedTask;
                },
            }));

    [Fact]
    public async Task Hook_CanAnswerItself()
    {
        await using var server = await JwtServer.StartAsync(options => options.Events = new JwtBearerEvents
        {
            OnChallenge = async context =>
            {
                context.HandleResponse();
                context.Response.StatusCode = StatusCodes.Status418ImATeapot;
                await context.Response.WriteAsync("own");
            },
        });

        using var response = await server.GetAsync(authorization: null);

        Assert.Equal(((HttpStatusCode)418, "own"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Empty(response.Headers.WwwAuthenticate);
    }

    private static async Task<string> ChallengeAsync(Exception reason, Action<JwtBearerOptions>? configure = null)
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            options.TokenHandlers.Add(new ScriptedTokenHandler((_, _) => ScriptedTokenHandler.Refused(reason)));
            configure?.Invoke(options);
        });

        using var response = await server.GetAsync("Bearer token");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        return Assert.Single(response.Headers.NonValidated["WWW-Authenticate"]);
    }
}
