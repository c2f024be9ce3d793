using AiMesh.AiService.Ask;
using AiMesh.AiService.Ask.Events;
using AiMesh.AiService.Ask.Sources;
using AiMesh.Data.V1;
using AiMesh.Iot.V1;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class AskRegistration
{
    public static void AddAsk(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<AskOptions>().BindConfiguration(AskOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddMeshClient<Items.ItemsClient>("data");
        builder.AddMeshClient<Readings.ReadingsClient>("iot");
        builder.AddMeshClient<Alerts.AlertsClient>("iot");
        builder.Services.AddSingleton<DatasetSource>();
        builder.Services.AddSingleton<DeviceSource>();
        builder.Services.AddSingleton<QuestionSources>();
        builder.Services.AddSingleton<QuestionSettings>();
        builder.Services.AddSingleton<QuestionService>();
        builder.Services.AddSingleton<AskEventsEndpoint>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<Microsoft.AspNetCore.Routing.MatcherPolicy, EventStreamMatcher>());
    }

    /// <summary>Questions over gRPC, JSON and server-sent events.</summary>
    public static void MapAsk(this WebApplication app)
    {
        app.MapRpc<AskGrpcService>();
        app.MapPost("/api/ai/ask", static (HttpContext httpContext, AskEventsEndpoint endpoint) => endpoint.ServeAsync(httpContext))
            .WithMetadata(new AcceptsEventStream())
            .RequireAccess("ai:ask");
    }
}
