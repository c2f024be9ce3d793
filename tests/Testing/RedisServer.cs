using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Redis;

namespace AiMesh.Testing;

/// <summary>A private Redis server on a free port of 127.0.0.1; gone (with its data) when the process ends, however it ends.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Lazy<Task<RedisServer>> Shared = new(() => StartNewAsync());

    private readonly string _binary;
    private readonly string _folder = TestFolder.NewPath("redis");
    private ChildProcess? _process;

    private RedisServer(string binary) => _binary = binary;

    public int Port { get; } = FreePort.Next();

    public string Password { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>In the form StackExchange.Redis reads: <c>127.0.0.1:port,password=…</c>.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port},password={Password}");

    /// <summary>The one server for tests that only need some Redis; never stop it.</summary>
    public static Task<RedisServer> GetSharedAsync() => Shared.Value;

    /// <summary>A server of the test's own, which it may stop and start to play an outage.</summary>
    public static async Task<RedisServer> StartNewAsync()
    {
        TestLevel.DemandServers();
        var server = new RedisServer(RedisProcess.Find() ?? throw new InvalidOperationException(RedisProcess.HowToInstall));
        await UnixUser.CreatePrivateFolderAsync(server._folder, user: null, CancellationToken.None);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts the stopped server again on the same port, empty.</summary>
    public async Task StartAsync()
    {
        _process = RedisProcess.Start(
            _binary, _folder, Port, Password, ["save \"\"", "appendonly no"], deleteWhenOrphaned: true, (_, _) => { });
        await WaitUntilListeningAsync(_process);
    }

    /// <summary>Ends the server at once, as an outage would.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
            await _process.StopAsync(Patience, "KILL");
    }

    /// <summary>Freezes the server: connections stay open, nothing answers.</summary>
    public void Freeze() => _process?.Signal("STOP");

    /// <summary>Lets the frozen server go on.</summary>
    public void Thaw() => _process?.Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;

        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitUntilListeningAsync(ChildProcess process)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", Port);
                return;
            }
            catch (SocketException) when (!process.Exited.IsCompleted && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(20);
            }
        }
    }
}
