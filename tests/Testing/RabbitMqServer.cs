using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting.Processes;
using Aspire.Hosting.RabbitMQ;

namespace AiMesh.Testing;

/// <summary>A private RabbitMQ server on a free port of 127.0.0.1; gone (with its data) when the process ends, however it ends.</summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    // Starting takes a few seconds where nothing else runs. Two more attempts: Erlang's own ports are looked for first and taken later.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private const int Attempts = 3;

    private readonly string _binary;
    private readonly string _folder = TestFolder.NewPath("rabbitmq");
    private readonly string _password = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private ChildProcess? _process;

    private RabbitMqServer(string binary) => _binary = binary;

    /// <summary>Of clients.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>amqp://user:password@127.0.0.1:port.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"amqp://test:{_password}@127.0.0.1:{Port}");

    /// <summary>A server of the test's own, which it may kill and start again.</summary>
    public static async Task<RabbitMqServer> StartNewAsync()
    {
        TestLevel.DemandServers();
        var server = new RabbitMqServer(RabbitMQProcess.Find() ?? throw new InvalidOperationException(RabbitMQProcess.HowToInstall));
        await UnixUser.CreatePrivateFolderAsync(server._folder, user: null, CancellationToken.None);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts the killed server again, on the same port and with its data.</summary>
    public async Task StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await TryStartAsync();
                return;
            }
            catch (Exception exception) when (attempt < Attempts && exception is (TimeoutException or InvalidOperationException))
            {
                await KillAsync();
            }
        }
    }

    /// <summary>SIGKILL: nothing is flushed.</summary>
    public async Task KillAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task TryStartAsync()
    {
        var lines = new Queue<string>();
        _process = RabbitMQProcess.Start(
            _binary, _folder, Port, ["default_user = test", $"default_pass = {_password}"], [], deleteWhenOrphaned: true, (line, _) =>
            {
                lock (lines)
                {
                    lines.Enqueue(line);
                    if (lines.Count > 30) lines.Dequeue();
                }
            });
        await Eventually.HoldsAsync(
            async () =>
            {
                if (!_process.Exited.IsCompleted) return await GreetsAsync();
                lock (lines) throw new InvalidOperationException($"rabbitmq-server did not start: {string.Join('\n', lines)}");
            },
            Patience);
    }

    // Its port is open before it speaks.
    private async Task<bool> GreetsAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            await using var stream = client.GetStream();
            await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
            return await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false) == 1;
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }
}
