using System.Buffers;
using System.Text;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using AiMesh.IoTIngest.Mqtt.Protocol;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>
/// What becomes of a published message. Readings go through the pipeline; MQTT 3.1.1 has no way to refuse a message, so readings that are
/// wrong are kept as dead letters and acknowledged, or the device would send them for ever. Everything else is only handed on.
/// </summary>
internal sealed class MqttPublisher(KnownDevice device, MqttDeviceHub hub, IngestPipeline pipeline)
{
    private const string Source = "mqtt";
    private const int LongestExcerpt = 16 * 1024;

    private readonly MqttTopics _topics = new(device.Id);

    /// <summary>Takes a message in; reads the payload before it returns.</summary>
    /// <returns>True once it may be acknowledged; false when it was not kept and has to be sent again.</returns>
    public Task<bool> PublishAsync(string topic, ReadOnlySequence<byte> payload, MqttQos qos, bool retain)
    {
        // Nothing above QoS 1 is delivered. A copy, as the payload is gone when this has returned.
        var message = new MqttMessage(topic, payload.ToArray(), qos == MqttQos.AtMostOnce ? qos : MqttQos.AtLeastOnce, retain);
        var isTakingBack = retain && payload.IsEmpty;
        if (topic == _topics.Readings && !isTakingBack)
            return StoreAsync(message);

        hub.Publish(message);
        return Task.FromResult(true);
    }

    private async Task<bool> StoreAsync(MqttMessage message)
    {
        // Not cancelled with the connection: a device may publish and leave.
        var parsed = MqttPayload.Parse(new ReadOnlySequence<byte>(message.Payload));
        var stored = parsed.TryGet(out var request, out var error)
            ? await pipeline.IngestAsync(device, request, Source, CancellationToken.None)
            : error;
        if (stored.IsOk)
        {
            hub.Publish(message);
            return true;
        }

        return stored.Error.Code == StatusCode.InvalidArgument && await BuryAsync(message, stored.Error);
    }

    private async Task<bool> BuryAsync(MqttMessage message, MeshError error)
    {
        var excerpt = Encoding.UTF8.GetString(message.Payload.AsSpan(0, Math.Min(message.Payload.Length, LongestExcerpt)));
        return (await pipeline.BuryAsync(DeadLetter.Of(device, Source, error.Message, excerpt), CancellationToken.None)).IsOk;
    }
}
