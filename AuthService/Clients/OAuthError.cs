using System.Text.Json;

namespace AiMesh.AuthService.Clients;

/// <summary>A refusal at the token endpoint, in the shape that OAuth clients read (RFC 6749 section 5.2).</summary>
/// <param name="Error">One of the codes of the RFC.</param>
/// <param name="Description">For people; printable ASCII.</param>
internal sealed record OAuthError(string Error, string Description)
{
    /// <summary>The same answer for an unknown client, a wrong secret and a revoked client.</summary>
    public static readonly OAuthError InvalidClient = new("invalid_client", "The client is unknown, or its secret is wrong.");

    public static OAuthError InvalidRequest(string description) => new("invalid_request", description);

    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = this == InvalidClient ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest;
        if (this == InvalidClient) response.Headers.WWWAuthenticate = "Basic realm=\"aimesh\", charset=\"UTF-8\"";
        response.Headers.CacheControl = "no-store";
        response.ContentType = "application/json";
        return response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["error"] = Error, ["error_description"] = Description }), context.RequestAborted).AsTask();
    }
}
