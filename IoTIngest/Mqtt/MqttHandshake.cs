using System.Globalization;
using System.Text;
using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Mqtt.Protocol;
using Npgsql;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>A client that may come in.</summary>
internal sealed record MqttAccepted(ConnectPacket Connect, KnownDevice Device, string ClientId);

/// <summary>From the first byte to the decision (MQTT 3.1.1, 3.1.4). Sends the refusal; the acceptance is sent once everything stands ready.</summary>
internal sealed partial class MqttHandshake(CredentialVerifier verifier, MqttSettings settings)
{
    private const int LongestClientId = 256;

    /// <summary>Null when the connection has to be closed.</summary>
    public async Task<MqttAccepted?> RunAsync(MqttTransport transport, CancellationToken aborted)
    {
        using var patience = new CancellationTokenSource(settings.Options.ConnectTimeout, settings.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, aborted);
        ConnectPacket? connect = null;
        string? problem = null;
        var ended = await transport.ReadAsync(
            frame =>
            {
                // The first packet, and it must be this one [MQTT-3.1.0-1].
                if (frame.Type != MqttPacketType.Connect)
                    problem = "the first packet is not CONNECT";
                else
                    ConnectPacket.TryDecode(frame, out connect, out problem);
                return ValueTask.FromResult(false);
            },
            both.Token);

        if (connect is null)
        {
            if ((problem ?? ended) is { } reason)
                Log.NotMqtt(settings.Logger, reason);
            return null;
        }

        var (accepted, code) = await DecideAsync(connect, both.Token);
        if (accepted is not null)
            return accepted;

        Log.Refused(settings.Logger, connect.UserName ?? "", code);
        if (connect.ProtocolLevel == 5)
            await transport.SendAsync(0, static (output, _) => MqttPacketWriter.WriteConnAckForLevel5(output), aborted);
        else
            await RefuseAsync(transport, code, aborted);
        return null;
    }

    public static ValueTask RefuseAsync(MqttTransport transport, MqttConnectCode code, CancellationToken cancellationToken) =>
        transport.SendAsync(code, static (output, refusal) => MqttPacketWriter.WriteConnAck(output, refusal), cancellationToken);

    private async Task<(MqttAccepted? Accepted, MqttConnectCode Code)> DecideAsync(ConnectPacket connect, CancellationToken cancellationToken)
    {
        if (connect.ProtocolLevel != ConnectPacket.SupportedLevel)
            return (null, MqttConnectCode.UnacceptableProtocol);

        // Only a client that keeps nothing between connections may leave its name to the server [MQTT-3.1.3-8].
        if (connect.ClientId.Length > LongestClientId || (connect.ClientId.Length == 0 && !connect.CleanSession))
            return (null, MqttConnectCode.IdentifierRejected);

        try
        {
            var verified = await verifier.VerifyAsync(Encoding.ASCII.GetString(connect.Password ?? []), cancellationToken);
            if (!verified.TryGet(out var device, out _) || device.Id != connect.UserName)
                return (null, MqttConnectCode.BadUserNameOrPassword);

            if (connect.Will is { } will && !new MqttTopics(device.Id).Owns(will.Topic))
                return (null, MqttConnectCode.NotAuthorized);

            var clientId = connect.ClientId.Length > 0 ? connect.ClientId : Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
            return (new MqttAccepted(connect, device, clientId), MqttConnectCode.Accepted);
        }
        catch (NpgsqlException)
        {
            return (null, MqttConnectCode.ServerUnavailable);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Closed a connection that does not speak MQTT: {Reason}")]
        public static partial void NotMqtt(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Refused an MQTT connection of user name {UserName}: {Code}")]
        public static partial void Refused(ILogger logger, string userName, MqttConnectCode code);
    }
}
