using AiMesh.AuthService.Audit;

namespace Microsoft.Extensions.Hosting;

internal static class AuditRegistration
{
    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AuditCheckpoints>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<AuditCheckpoints>());
    }
}
