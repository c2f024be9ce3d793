using AiMesh.AuthService.Privacy;
using AiMesh.Common.V1;

namespace Microsoft.Extensions.Hosting;

internal static class PrivacyRegistration
{
    private const string ReceiptKeysPath = "/.well-known/receipt-keys.json";

    public static void AddPrivacy(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<PrivacyOptions>().BindConfiguration(PrivacyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddPersonalData<AuthPersonalData>();
        services.AddSingleton<AuthPersonalData>();
        services.AddSingleton<MeshPersonalData>();
        services.AddSingleton<ServiceTokens>();
        services.AddSingleton<SubjectSeal>();
        services.AddSingleton<PrivacyRequests>();
        services.AddSingleton<StepRunner>();
        services.AddSingleton<ExportWork>();
        services.AddSingleton<ErasureWork>();
        services.AddSingleton<Receipts>();
        services.AddSingleton<PrivacyRunner>();
        services.AddHostedService(static provider => provider.GetRequiredService<PrivacyRunner>());

        var settings = builder.Configuration.GetSection(PrivacyOptions.Section).Get<PrivacyOptions>() ?? new PrivacyOptions();
        foreach (var service in settings.ServiceNames) builder.AddMeshClient<PersonalData.PersonalDataClient>(service, MeshPersonalData.ClientName(service));
    }

    public static void MapPrivacy(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapRpc<PrivacyGrpcService>();
        ArchiveEndpoint.Map(endpoints);
        endpoints.MapGet(ReceiptKeysPath, static async (Receipts receipts, CancellationToken cancellationToken) =>
            Results.Bytes((await receipts.KeysAsync(cancellationToken)).ToJwks(), "application/jwk-set+json"));
    }
}
