using AiMesh.Gateway.Limits;
using AiMesh.Gateway.Signatures;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace AiMesh.Gateway.Edge;

/// <summary>
/// Authentication at the edge (G2): every endpoint takes a signed-in caller unless it says otherwise. Services check the same
/// token again, so what passes here by mistake is still refused there.
/// </summary>
internal static class EdgeRegistration
{
    /// <summary>Endpoints that devices may reach as well.</summary>
    public const string DevicesPolicy = "devices";

    public static void AddEdge(this WebApplicationBuilder builder)
    {
        builder.AddMeshAuthentication();
        builder.AddApiKeyTokens();
        builder.Services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.Scheme, null)
            .AddScheme<AuthenticationSchemeOptions, DeviceCredentialHandler>(DeviceCredentialHandler.Scheme, null);
        builder.Services.Configure<MeshAuthenticationOptions>(options =>
        {
            options.SchemeSelectors.Add(context => ApiKeyHandler.IsPresent(context.Request) ? ApiKeyHandler.Scheme : null);
            options.SchemeSelectors.Add(context => DeviceCredentialHandler.IsPresent(context.Request) ? DeviceCredentialHandler.Scheme : null);
        });

        var people = new AuthorizationPolicyBuilder()
            .RequireAuthenticatedUser()
            .RequireAssertion(static context => EdgeAuthorization.IsPersonOrProgram(context.User))
            .Build();
        builder.Services.AddAuthorizationBuilder()
            .SetDefaultPolicy(people)
            .SetFallbackPolicy(people)
            .AddPolicy(DevicesPolicy, policy => policy.RequireAuthenticatedUser());
    }

    public static void UseEdge(this WebApplication app)
    {
        app.UseMiddleware<IdentityHeaderFilter>();
        app.UseMeshAuthentication();
        app.UseSignatures();
        app.UseLimits(); // Before authorization, so that what is refused there counts as well.
        app.UseEdgeAuthorization();
    }
}
