using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Mqtt;

internal sealed partial class MqttConnection
{
    /// <summary>What each packet of a connected client means. A false ends the connection.</summary>
    private sealed class MqttPacketHandler(MqttConnection connection, MqttDeviceHub hub, MqttPublisher publisher, MqttTopics topics)
    {
        public ValueTask<bool> HandleAsync(MqttFrame frame) => frame.Type switch
        {
            MqttPacketType.Publish => PublishAsync(frame),
            MqttPacketType.PubAck => Acknowledged(frame),
            MqttPacketType.Subscribe => SubscribeAsync(frame),
            MqttPacketType.Unsubscribe => UnsubscribeAsync(frame),
            MqttPacketType.PingReq when frame.Body.IsEmpty => PingAsync(),
            MqttPacketType.Disconnect when frame.Body.IsEmpty => Disconnected(),
            MqttPacketType.PubRec or MqttPacketType.PubRel or MqttPacketType.PubComp => End("a packet of QoS 2, which is not served"),
            MqttPacketType.Connect => End("a second CONNECT"),
            _ => End("a packet with bytes left over"),
        };

        private async ValueTask<bool> PublishAsync(MqttFrame frame)
        {
            if (!PublishPacket.TryDecode(frame, out var publish, out var problem))
                return Ended(problem);

            if (publish.Qos == MqttQos.ExactlyOnce)
                return Ended("PUBLISH of QoS 2, which is not served");

            // There is no refusal of a single message, and acknowledging it would say that it was taken [MQTT-3.3.5-2].
            if (!topics.Owns(publish.Topic))
                return Ended("PUBLISH to a topic that is not its own");

            var kept = publisher.PublishAsync(publish.Topic, publish.Payload, publish.Qos, publish.Retain);
            await connection._publications.Writer.WriteAsync(new Publication(publish.PacketId, kept), connection._ended.Token);
            return true;
        }

        private async ValueTask<bool> SubscribeAsync(MqttFrame frame)
        {
            if (!SubscribePacket.TryDecode(frame, out var subscribe, out var problem))
                return Ended(problem);

            var codes = subscribe.Topics.Select(Grant).ToArray();
            await connection.SendAsync((subscribe.PacketId, codes), static (output, ack) => MqttPacketWriter.WriteSubAck(output, ack.PacketId, ack.codes));
            foreach (var (topic, code) in subscribe.Topics.Zip(codes).Where(static one => one.Second != MqttPacketWriter.SubscriptionRefused))
            {
                foreach (var message in hub.RetainedFor(topic.Filter))
                    connection._outbox.TryAdd(message with { Qos = (MqttQos)Math.Min(code, (byte)message.Qos) });
            }

            return true;
        }

        private byte Grant(TopicRequest topic)
        {
            // Granting less than was asked for is allowed (3.8.4), and messages of QoS 2 do not exist here.
            var granted = topic.Qos == MqttQos.AtMostOnce ? MqttQos.AtMostOnce : MqttQos.AtLeastOnce;
            return topics.Owns(topic.Filter) && connection._subscriptions.TryAdd(topic.Filter, granted)
                ? (byte)granted
                : MqttPacketWriter.SubscriptionRefused;
        }

        private async ValueTask<bool> UnsubscribeAsync(MqttFrame frame)
        {
            if (!UnsubscribePacket.TryDecode(frame, out var unsubscribe, out var problem))
                return Ended(problem);

            foreach (var filter in unsubscribe.Filters)
                connection._subscriptions.Remove(filter);
            await connection.SendAsync(unsubscribe.PacketId, MqttPacketWriter.WriteUnsubAck);
            return true;
        }

        private async ValueTask<bool> PingAsync()
        {
            await connection.SendAsync(0, static (output, _) => MqttPacketWriter.WritePingResp(output));
            return true;
        }

        private ValueTask<bool> Acknowledged(MqttFrame frame)
        {
            if (!PubAckPacket.TryDecode(frame, out var packetId))
                return End("PUBACK without a packet identifier");

            connection._outbox.Acknowledge(packetId);
            return ValueTask.FromResult(true);
        }

        private ValueTask<bool> Disconnected()
        {
            connection.IsOrderly = true;
            return ValueTask.FromResult(false);
        }

        private ValueTask<bool> End(string problem) => ValueTask.FromResult(Ended(problem));

        private bool Ended(string problem)
        {
            connection.Close(problem);
            return false;
        }
    }
}
