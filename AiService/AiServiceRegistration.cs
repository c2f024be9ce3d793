using AiMesh.AiService.Analyst;
using AiMesh.AiService.Ask;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.Data.V1;
using AiMesh.Iot.V1;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService;

internal static class AiServiceRegistration
{
    public static void AddModels(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ProvidersOptions>()
            .Configure(options => builder.Configuration.GetSection(ProvidersOptions.Section).Bind(options.Providers))
            .ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ProvidersOptions>, ProvidersOptionsValidator>();
        // Calls of models are streams that last; the defaults for short requests would cut them off, and the router retries itself.
        builder.Services.AddHttpClient(OpenAiChatClient.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Clear());
        builder.Services.AddSingleton<AnalystChatClient>();
        builder.Services.AddSingleton<ModelCatalogue>();
        builder.Services.AddSingleton<ProviderHealth>();
        builder.Services.AddSingleton<ModelRouter>();
    }

    public static void AddCalls(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<CallLedger>();
        builder.Services.AddSingleton<CallRunner>();
        builder.Services.AddSingleton<Reports.UsageStore>();
        builder.Services.AddHostedService<LostCallSweeper>();
    }

    public static void AddAsk(this WebApplicationBuilder builder)
    {
        builder.AddMeshClient<Items.ItemsClient>("data");
        builder.AddMeshClient<Devices.DevicesClient>("iot");
        builder.AddMeshClient<Readings.ReadingsClient>("iot");
        builder.Services.AddTransient<TableReader>();
        builder.Services.AddTransient<Asker>();
    }
}
