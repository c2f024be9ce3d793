using AiMesh.DataService.Audit;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Keys;
using Grpc.AspNetCore.Server;

namespace Microsoft.Extensions.Hosting;

internal static class AuditRegistration
{
    private const string SealPurpose = "audit checkpoints of data";

    /// <summary>After <c>AddMeshRpc</c>, whose interceptors it goes between.</summary>
    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<AuditSealer>();
        services.AddHostedService<AuditPump>();
        services.AddSingleton<DeniedAccesses>();
        services.PostConfigure<GrpcServiceOptions>(static options =>
        {
            // Within the translation of errors, around the check of permissions.
            options.Interceptors.Add<DeniedAccesses>();
            var denied = options.Interceptors[^1];
            options.Interceptors.RemoveAt(options.Interceptors.Count - 1);
            options.Interceptors.Insert(1, denied);
        });

        // In Development there may be no master key: then nothing vouches for the ends of the chains.
        if (string.IsNullOrWhiteSpace(builder.Configuration["Mesh:MasterKey"])) return;
        services.AddSingleton<MasterKeyRing>();
        builder.AddAuditSeals(SealPurpose);
        builder.AddAuditCheckpoints();
    }

    public static void UseAudit(this WebApplication app) => app.Use(static async (context, next) =>
    {
        await next(context);
        if (context.Response.StatusCode == StatusCodes.Status403Forbidden && context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
            await context.RequestServices.GetRequiredService<DeniedAccesses>().RecordAsync(context);
    });

    /// <summary>The command <see cref="VerifyAuditCommand"/> over this service's database.</summary>
    public static Task<int> VerifyAsync(string[] args) => VerifyAuditCommand.RunAsync(args, static builder =>
    {
        builder.AddMeshDatabase("data-db", AiMesh.DataService.DataConnections.Configure);
        builder.Services.AddSingleton<MasterKeyRing>();
        builder.AddAuditSeals(SealPurpose);
    }, AuditPeople.VerifyAsync);
}
