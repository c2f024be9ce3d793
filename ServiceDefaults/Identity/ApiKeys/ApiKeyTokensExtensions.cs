using AiMesh.ServiceDefaults.Identity.ApiKeys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Contract = AiMesh.Auth.V1.ApiKeys;

namespace Microsoft.Extensions.Hosting;

/// <summary>API keys at the edge of the mesh.</summary>
public static class ApiKeyTokensExtensions
{
    /// <summary>
    /// Registers <see cref="ApiKeyTokens"/>, which exchanges API keys at the service "auth". Call it beside
    /// <see cref="MeshAuthenticationExtensions.AddMeshAuthentication"/>.
    /// </summary>
    public static void AddApiKeyTokens(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddMeshClient<Contract.ApiKeysClient>("auth");
        builder.Services.TryAddSingleton<ApiKeyTokens>();
    }
}
