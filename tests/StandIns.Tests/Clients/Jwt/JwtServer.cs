using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Clients.Jwt;

/// <summary>A server whose every path answers the caller's name, and <c>/admin</c> only for those in that role.</summary>
internal static class JwtServer
{
    public static Task<LoopbackServer> StartAsync(Action<JwtBearerOptions> configure) => LoopbackServer.StartAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapGet("/admin", () => "admin").RequireAuthorization(policy => policy.RequireRole("admin"));
            app.MapGet("/token", async (HttpContext context) => await context.GetTokenAsync("access_token") ?? "none").RequireAuthorization();
            app.MapGet("/expires", async (HttpContext context) => (await context.AuthenticateAsync()).Properties!.ExpiresUtc!.Value.Year).RequireAuthorization();
            app.MapGet("/{**path}", (HttpContext context) => context.User.Identity!.Name).RequireAuthorization();
        },
        builder =>
        {
            builder.Services.AddAuthentication().AddJwtBearer(configure);
            builder.Services.AddAuthorization();
        });

    public static async Task<HttpResponseMessage> GetAsync(this LoopbackServer server, string? authorization, string path = "/")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await server.Client.SendAsync(request);
    }
}
