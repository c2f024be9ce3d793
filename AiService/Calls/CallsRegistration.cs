using AiMesh.AiService.Calls;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Routing;

namespace Microsoft.Extensions.Hosting;

internal static class CallsRegistration
{
    /// <summary>Routing, calls and their ledger.</summary>
    public static void AddCalls(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RoutingOptions>().BindConfiguration(RoutingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ProviderHealth>();
        builder.Services.AddSingleton<ModelSpeed>();
        builder.Services.AddSingleton<ModelOrder>();
        builder.Services.AddSingleton<Router>();
        builder.Services.AddSingleton<LedgerStore>();
        builder.Services.AddSingleton<CallLedger>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<CallLedger>());
        builder.Services.AddSingleton<Failover>();
        builder.Services.AddSingleton<CallRunner>();
    }
}
