using System.Text.Json;
using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Clients;

/// <summary>POST /api/auth/token: access tokens for client credentials (RFC 6749 section 4.4), by client_secret_basic or client_secret_post.</summary>
internal static class TokenEndpoint
{
    public const string Path = "/api/auth/token";

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPost(Path, HandleAsync);

    private static async Task HandleAsync(HttpContext context, ClientGrant grant, ClientAddress addresses)
    {
        var (request, error) = await TokenRequest.ReadAsync(context);
        if (request is null)
        {
            await error!.WriteAsync(context);
            return;
        }

        var outcome = AuthDiagnostics.CountClientGrant(await grant.GrantAsync(request, addresses.Of(context), context.RequestAborted));
        if (!outcome.TryGet(out var answer, out var fault)) await fault.ToProblem().ExecuteAsync(context);
        else if (answer.Token is { } token) await WriteAsync(context, token);
        else await answer.Refusal!.WriteAsync(context);
    }

    private static async Task WriteAsync(HttpContext context, IssuedToken token)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["access_token"] = token.Text,
                ["token_type"] = "Bearer",
                ["expires_in"] = token.ExpiresIn,
                ["scope"] = string.Join(' ', token.Permissions.Patterns),
            }),
            context.RequestAborted);
    }
}
