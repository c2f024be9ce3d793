using System.Net;
using AiMesh.IoTIngest.Mqtt.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.IoTIngest.Mqtt;

internal static class MqttRegistration
{
    /// <summary>A listener for MQTT 3.1.1 beside the endpoints of the configuration.</summary>
    public static void AddMqtt(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<MqttOptions>().BindConfiguration(MqttOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<MqttSettings>();
        services.AddSingleton<MqttHandshake>();
        services.AddSingleton<MqttBroker>();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<MqttOptions>>(static (kestrel, options) =>
        {
            var mqtt = options.Value;
            if (mqtt.Enabled)
                kestrel.Listen(IPAddress.Parse(mqtt.Address), mqtt.Port, static listen => listen.UseConnectionHandler<MqttConnectionHandler>());
        });
    }
}
