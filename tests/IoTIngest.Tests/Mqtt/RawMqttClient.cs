using System.Net.Sockets;
using AiMesh.IoTIngest.Tests.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt;

/// <summary>Sends bytes and shows what comes back, so that also what no client library would send can be tried.</summary>
internal sealed class RawMqttClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly TcpClient _tcp = new();

    public static async Task<RawMqttClient> OpenAsync(int port)
    {
        var client = new RawMqttClient();
        await client._tcp.ConnectAsync("127.0.0.1", port);
        return client;
    }

    /// <summary>Opens a connection and signs in.</summary>
    public static async Task<RawMqttClient> ConnectAsync(int port, TestDevice device, string clientId = "c1", ushort keepAlive = 60)
    {
        var client = await OpenAsync(port);
        await client.SendAsync(Packets.Connect(clientId, user: device.Id, password: device.Credential, keepAlive: keepAlive));
        Assert.Equal([0x20, 2, 0, 0], await client.ReceiveAsync());
        return client;
    }

    public async Task SendAsync(params IEnumerable<byte[]> packets) =>
        await _tcp.GetStream().WriteAsync(packets.SelectMany(packet => packet).ToArray());

    /// <summary>The next packet whole, or an empty array when the server has closed the connection.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var header = new byte[2];
        if (!await FillAsync(header, patience.Token))
            return [];

        // Long enough for what the tests expect: remaining lengths of up to two bytes.
        List<byte> packet = [.. header];
        var length = header[1] & 0x7F;
        if (header[1] >= 0x80)
        {
            var more = new byte[1];
            Assert.True(await FillAsync(more, patience.Token));
            packet.AddRange(more);
            length |= more[0] << 7;
        }

        var body = new byte[length];
        Assert.True(await FillAsync(body, patience.Token));
        return [.. packet, .. body];
    }

    /// <summary>Whether the server has closed the connection, or does so soon.</summary>
    public async Task<bool> IsClosedAsync() => (await ReceiveAsync()).Length == 0;

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> FillAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _tcp.GetStream().ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) == buffer.Length;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
