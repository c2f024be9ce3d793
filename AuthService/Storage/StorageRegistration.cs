using AiMesh.AuthService.Storage;

namespace Microsoft.Extensions.Hosting;

internal static class StorageRegistration
{
    public static void AddStorage(this IHostApplicationBuilder builder)
    {
        builder.AddMeshDatabase("auth-db");
        builder.Services.AddSingleton<AuthDatabase>();
        builder.Services.AddSingleton<PageTokens>();
        builder.Services.AddSingleton<Housekeeping>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Housekeeping>());
    }
}
