namespace AiMesh.DataService.Events;

internal static class EventsRegistration
{
    public static void AddEvents(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<EventOptions>().BindConfiguration(EventOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<EventHub>();
        services.AddSingleton<EventStore>();
        services.AddSingleton<WatchReader>();
        services.AddSingleton<ItemWatch>();
        services.AddSingleton(WatchSettings.Of);
        services.AddHostedService<EventPump>();
    }

    public static void MapEvents(this IEndpointRouteBuilder endpoints) => endpoints.MapRpc<InvalidationsGrpcService>().RequirePeers("gateway", "ai");
}
