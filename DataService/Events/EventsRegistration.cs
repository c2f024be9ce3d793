using AiMesh.DataService.Events.Broker;

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
        services.AddOptions<BrokerOptions>().BindConfiguration(BrokerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<EventPump>();
        if (builder.Configuration.GetConnectionString("rabbitmq") is { Length: > 0 } address) AddSink(services, address);
    }

    public static void MapEvents(this IEndpointRouteBuilder endpoints) => endpoints.MapRpc<InvalidationsGrpcService>().RequirePeers("gateway", "ai");

    private static void AddSink(IServiceCollection services, string address)
    {
        services.AddSingleton(BrokerAddress.Parse(address));
        services.AddSingleton<EventSink>();
        services.AddHostedService(static provider => provider.GetRequiredService<EventSink>());
        services.AddHealthChecks().AddCheck<SinkHealthCheck>("broker");
    }
}
