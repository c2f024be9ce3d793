using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace AiMesh.StandIns.Tests.Clients.Jwt;

public sealed class AuthenticationTests
{
    [Theory]
    [InlineData("Bearer alice", "alice")]
    [InlineData("bearer   alice  ", "alice")]
    public async Task Request_WithToken_IsThatUser(string authorization, string name)
    {
        await using var server = await JwtServer.StartAsync(Accepting);

        using var response = await server.GetAsync(authorization);

        Assert.Equal(name, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic alice")]
    [InlineData("Bearer ")]
    [InlineData("Beareralice")]
    public async Task Request_WithoutToken_IsChallengedWithoutError(string? authorization)
    {
        await using var server = await JwtServer.StartAsync(Accepting);

        using var response = await server.GetAsync(authorization);

        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (response.StatusCode, Challenge(response)));
    }

    [Fact]
    public async Task Handlers_AreAskedInTurn()
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            options.TokenHandlers.Add(new ScriptedTokenHandler((_, _) => ScriptedTokenHandler.Refused(new SecurityTokenException("not mine"))));
            options.TokenHandlers.Add(new ScriptedTokenHandler((_, _) => throw new SecurityTokenInvalidTypeException("thrown")));
            options.TokenHandlers.Add(new SilentTokenHandler());
            options.TokenHandlers.Add(new ScriptedTokenHandler());
        });

        using var response = await server.GetAsync("Bearer alice");

        Assert.Equal("alice", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task NoHandler_RefusesEveryTokenAndSaysWhy()
    {
        Exception? reason = null;
        await using var server = await JwtServer.StartAsync(options => options.Events = new JwtBearerEvents
        {
            OnAuthenticationFailed = context =>
            {
                reason = context.Exception;
                return Task.CompletedTask;
            },
        });

        using var response = await server.GetAsync("Bearer alice");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("JwtBearerOptions.TokenHandlers", Assert.IsType<InvalidOperationException>(reason).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_ThatBreaks_IsAnErrorAndNotARefusal()
    {
        await using var server = await JwtServer.StartAsync(options =>
            options.TokenHandlers.Add(new ScriptedTokenHandler((_, _) => throw new InvalidOperationException("a bug"))));

        using var response = await server.GetAsync("Bearer alice");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task Handler_MayChangeItsParameters()
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            options.Audience = "mesh";
            options.TokenHandlers.Add(new ScriptedTokenHandler((token, parameters) =>
            {
                Assert.Equal("mesh", parameters.ValidAudience);
                parameters.ValidAudience = "changed";
                return ScriptedTokenHandler.Valid(token);
            }));
        });

        for (var i = 0; i < 2; i++)
        {
            using var response = await server.GetAsync("Bearer alice");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task MessageReceived_CanTakeTheTokenFromElsewhere()
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            Accepting(options);
            options.Events.OnMessageReceived = context =>
            {
                context.Token = context.Request.Query["access_token"];
                return Task.CompletedTask;
            };
        });

        using var response = await server.GetAsync("Bearer bob", "/?access_token=alice");
        using var fallback = await server.GetAsync("Bearer bob");

        Assert.Equal("alice", await response.Content.ReadAsStringAsync());
        Assert.Equal("bob", await fallback.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task TokenValidated_CanAddClaimsOrRefuse()
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            Accepting(options);
            options.Events.OnTokenValidated = context =>
            {
                Assert.Equal(context.Principal!.Identity!.Name, context.SecurityToken.Id);
                if (context.SecurityToken.Id == "revoked")
                {
                    context.Fail("revoked");
                }

                ((ClaimsIdentity)context.Principal.Identity).AddClaim(new Claim(ClaimTypes.Role, "admin"));
                return Task.CompletedTask;
            };
        });

        using var allowed = await server.GetAsync("Bearer alice", "/admin");
        using var refused = await server.GetAsync("Bearer revoked", "/admin");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (allowed.StatusCode, refused.StatusCode));
    }

    [Fact]
    public async Task AuthenticationFailed_CanLetTheRequestThrough()
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            options.TokenHandlers.Add(new ScriptedTokenHandler((_, _) => ScriptedTokenHandler.Refused(new SecurityTokenExpiredException("old"))));
            options.Events = new JwtBearerEvents
            {
                OnAuthenticationFailed = context =>
                {
                    Assert.IsType<SecurityTokenExpiredException>(context.Exception);
                    context.Principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "grace")], "Test"));
                    context.Success();
                    return Task.CompletedTask;
                },
            };
        });

        using var response = await server.GetAsync("Bearer alice");

        Assert.Equal("grace", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Forbidden_IsTold()
    {
        var told = 0;
        await using var server = await JwtServer.StartAsync(options =>
        {
            Accepting(options);
            options.Events.OnForbidden = _ =>
            {
                told++;
                return Task.CompletedTask;
            };
        });

        using var response = await server.GetAsync("Bearer alice", "/admin");

        Assert.Equal((HttpStatusCode.Forbidden, 1), (response.StatusCode, told));
    }

    [Theory]
    [InlineData(true, "alice")]
    [InlineData(false, "none")]
    public async Task Token_IsKeptWhenAskedFor(bool save, string expected)
    {
        await using var server = await JwtServer.StartAsync(options =>
        {
            Accepting(options);
            options.SaveToken = save;
        });

        using var token = await server.GetAsync("Bearer alice", "/token");
        using var expires = await server.GetAsync("Bearer alice", "/expires");

        Assert.Equal((expected, "2027"), (await token.Content.ReadAsStringAsync(), await expires.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task EventsType_ComesFromTheContainer()
    {
        await using var server = await LoopbackServer.StartAsync(
            app => app.MapGet("/", async (HttpContext context) => (await context.AuthenticateAsync("custom")).Principal!.Identity!.Name),
            builder =>
            {
                builder.Services.AddSingleton<FixedUser>();
                builder.Services.AddAuthentication().AddJwtBearer("custom", "Custom", options => options.EventsType = typeof(FixedUser));
            });

        Assert.Equal("fixed", await server.Client.GetStringAsync(new Uri("/", UriKind.Relative)));
    }

    [Fact]
    public void Authority_MustBeHttpsUnlessAllowed()
    {
        Assert.Throws<InvalidOperationException>(() => OptionsOf(options => options.Authority = "http://auth"));

        var options = OptionsOf(options => (options.Authority, options.RequireHttpsMetadata) = ("http://auth/", false));
        Assert.Equal("http://auth/.well-known/openid-configuration", options.MetadataAddress);
    }

    private static JwtBearerOptions OptionsOf(Action<JwtBearerOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddAuthentication().AddJwtBearer(configure);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
    }

    private static void Accepting(JwtBearerOptions options)
    {
        options.TokenHandlers.Add(new ScriptedTokenHandler());
        options.Events = new JwtBearerEvents();
    }

    private static string Challenge(HttpResponseMessage response) => Assert.Single(response.Headers.NonValidated["WWW-Authenticate"]);

    private sealed class SilentTokenHandler : TokenHandler;

    private sealed class FixedUser : JwtBearerEvents
    {
        public override Task MessageReceived(MessageReceivedContext context)
        {
            context.Principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "fixed")], "Test"));
            context.Success();
            return Task.CompletedTask;
        }
    }
}
