using AiMesh.AuthService.Storage;

namespace Microsoft.Extensions.Hosting;

internal static class StorageRegistration
{
    public static void AddStorage(this IHostApplicationBuilder builder)
    {
        // Requests are short; more connections would only take them from other services and replicas.
        builder.AddMeshDatabase("auth-db", static options => options.MaxPoolSize = 30);
        builder.Services.AddSingleton<AuthDatabase>();
        builder.Services.AddSingleton<PageTokens>();
        builder.Services.AddSingleton<Housekeeping>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Housekeeping>());
    }
}
