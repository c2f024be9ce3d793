using AiMesh.ServiceDefaults.Audit;

namespace Microsoft.Extensions.Hosting;

internal static class AuditRegistration
{
    // The name is as old as the first checkpoint.
    public const string SealPurpose = "audit checkpoints";

    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        builder.AddAuditSeals(SealPurpose);
        builder.AddAuditCheckpoints();
    }

    /// <summary>The command <see cref="VerifyAuditCommand"/> over this service's database.</summary>
    public static Task<int> VerifyAsync(string[] args) => VerifyAuditCommand.RunAsync(args, static builder =>
    {
        builder.AddStorage();
        builder.Services.AddSingleton<MasterKeyRing>();
        builder.AddAuditSeals(SealPurpose);
    });
}
