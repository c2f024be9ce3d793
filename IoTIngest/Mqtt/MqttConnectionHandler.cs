using System.Buffers;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using AiMesh.IoTIngest.Mqtt.Protocol;
using Microsoft.AspNetCore.Connections;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>Takes a TCP connection from its first byte: CONNECT within the time allowed, signed in, then served; at last the will.</summary>
internal sealed partial class MqttConnectionHandler(
    MqttHandshake handshake, MqttBroker broker, DeviceConnections connections, IngestPipeline pipeline, MqttSettings settings) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (!broker.TryEnter(settings.Options.MaxConnections))
            return;

        try
        {
            using var transport = new MqttTransport(connection, settings.Options, settings.Time);
            if (await handshake.RunAsync(transport, connection.ConnectionClosed) is { } accepted)
                await ServeAsync(accepted, transport, connection);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            Log.Gone(settings.Logger, connection.ConnectionId);
        }
        finally
        {
            broker.Leave();
        }
    }

    private async Task ServeAsync(MqttAccepted accepted, MqttTransport transport, ConnectionContext context)
    {
        var device = accepted.Device;
        using var connection = new MqttConnection(accepted.Connect, accepted.ClientId, transport, settings.Time);
        var isRevoked = false;
        using (var following = await connections.OpenAsync(device, CutOff, context.ConnectionClosed))
        {
            if (following is null)
            {
                await MqttHandshake.RefuseAsync(transport, MqttConnectCode.NotAuthorized, context.ConnectionClosed);
                return;
            }

            var hub = broker.Join(device, connection);
            var publisher = new MqttPublisher(device, hub, pipeline);
            try
            {
                await transport.SendAsync(MqttConnectCode.Accepted, static (output, code) => MqttPacketWriter.WriteConnAck(output, code), context.ConnectionClosed);
                await connection.RunAsync(hub, publisher, new MqttTopics(device.Id), context.ConnectionClosed);
            }
            finally
            {
                broker.Part(device, connection);
            }

            if (connection.Reason is { } reason)
                Log.Closed(settings.Logger, device.Organisation, device.Id, reason);

            // A device that is cut off has nothing more to say.
            if (accepted.Connect.Will is { } will && !connection.IsOrderly && !Volatile.Read(ref isRevoked))
                await publisher.PublishAsync(will.Topic, new ReadOnlySequence<byte>(will.Message), will.Qos, will.Retain);
        }

        void CutOff()
        {
            Volatile.Write(ref isRevoked, true);
            connection.Close("the device was revoked or its credential replaced");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "MQTT connection {ConnectionId} went away")]
        public static partial void Gone(ILogger logger, string connectionId);

        [LoggerMessage(2, LogLevel.Information, "Closed the MQTT connection of device {Organisation}/{Device}: {Reason}")]
        public static partial void Closed(ILogger logger, string organisation, string device, string reason);
    }
}
