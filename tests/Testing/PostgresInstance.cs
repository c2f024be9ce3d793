using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting.Postgres;
using Aspire.Hosting.Processes;
using Npgsql;

namespace AiMesh.Testing;

/// <summary>A private PostgreSQL server on a free port of 127.0.0.1.</summary>
public sealed class PostgresInstance : IAsyncDisposable
{
    private const string UserName = "postgres";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PostgresCluster _cluster;
    private readonly string _folder = TestFolder.NewPath("postgres");
    private readonly PostgresOptions _options;
    private readonly string _password = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly Queue<string> _log = new();
    private ChildProcess? _process;
    private int _databases;

    private PostgresInstance(string binaries, PostgresOptions options)
    {
        _cluster = new PostgresCluster(binaries, _folder, deleteWhenOrphaned: true);
        _options = options;
    }

    public int Port { get; } = FreePort.Next();

    /// <summary>Connection string of the superuser to the server's own database.</summary>
    public string ConnectionString => ConnectionStringFor("postgres");

    internal static async Task<PostgresInstance> StartAsync(PostgresOptions options)
    {
        TestLevel.DemandServers();
        var binaries = PostgresBinaries.Find() ?? throw new InvalidOperationException(PostgresBinaries.HowToInstall);
        var server = new PostgresInstance(binaries, options);
        await server._cluster.InitializeAsync(UserName, server._password, CancellationToken.None);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts the stopped or killed server again, on the same port and data.</summary>
    public async Task StartAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["fsync"] = _options.Fsync ? "on" : "off",
            ["full_page_writes"] = _options.Fsync ? "on" : "off",
            ["max_connections"] = "300",
            ["shared_buffers"] = "64MB",
            ["log_min_messages"] = "warning",
        };
        foreach (var (name, value) in _options.Settings)
            settings[name] = value;

        await _cluster.WaitUntilFreeAsync(Patience, CancellationToken.None);
        _process = _cluster.Start(Port, settings, Remember);
        await WaitUntilReadyAsync(_process);
    }

    /// <summary>Fast shutdown: sessions are cut off, data is written.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
            await _process.StopAsync(Patience);
    }

    /// <summary>kill -9 of the server: what was acknowledged must still be there after <see cref="StartAsync()"/>.</summary>
    public async Task KillAsync()
    {
        if (_process is not null)
            await _process.StopAsync(Patience, "KILL");
    }

    public async Task<PostgresDatabase> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync($"CREATE DATABASE {name}", cancellationToken);
        return new PostgresDatabase(this, name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;

        NpgsqlConnection.ClearAllPools();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal string ConnectionStringFor(string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = UserName,
            Password = _password,
            Database = database,
            IncludeErrorDetail = true,
        }.ConnectionString;

    internal async Task DropDatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(ConnectionStringFor(name));
        NpgsqlConnection.ClearPool(connection);
        await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task WaitUntilReadyAsync(ChildProcess process)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (!process.Exited.IsCompleted && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(50);
            }
            catch (NpgsqlException error)
            {
                lock (_log)
                    throw new InvalidOperationException($"PostgreSQL did not start: {string.Join('\n', _log)}", error);
            }
        }
    }

    private void Remember(string line, bool isError)
    {
        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > 50)
                _log.Dequeue();
        }
    }
}
