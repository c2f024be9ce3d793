using AiMesh.AuthService.ApiKeys;

namespace Microsoft.Extensions.Hosting;

internal static class ApiKeysRegistration
{
    public static void AddApiKeys(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiKeyAdministration>();
        builder.Services.AddSingleton<ApiKeyExchange>();
    }
}
