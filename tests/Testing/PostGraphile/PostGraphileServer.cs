using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.Processes;
using Npgsql;

namespace AiMesh.Testing;

/// <summary>PostGraphile from npm, with a GraphQL API over a schema of a database, as a process of its own.</summary>
public sealed class PostGraphileServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "PostGraphile");

    private readonly ChildProcess _process;

    private PostGraphileServer(ChildProcess process, int port) =>
        (_process, Address) = (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/graphql")));

    /// <summary>Where it takes GraphQL by POST.</summary>
    public Uri Address { get; }

    /// <summary>Starts it.</summary>
    /// <param name="connectionString">Whose user may become the role in <paramref name="settings"/>.</param>
    /// <param name="schema">Whose tables it shows.</param>
    /// <param name="settings">Of each request's transaction, the role among them.</param>
    public static async Task<PostGraphileServer> StartAsync(string connectionString, string schema, IReadOnlyDictionary<string, string> settings)
    {
        using var patience = new CancellationTokenSource(Patience);
        await ChildProcess.RunAsync(new ChildProcessOptions("npm", ["ci", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = Folder }, patience.Token);
        var (port, database) = (FreePort.Next(), new NpgsqlConnectionStringBuilder(connectionString));
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = ChildProcess.Start(
            new ChildProcessOptions("node", ["server.cjs"])
            {
                WorkingDirectory = Folder,
                Environment = new Dictionary<string, string?>
                {
                    ["NODE_ENV"] = "production",
                    ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
                    ["SCHEMA"] = schema,
                    ["PG_SETTINGS"] = JsonSerializer.Serialize(settings),
                    ["PGHOST"] = database.Host,
                    ["PGPORT"] = database.Port.ToString(CultureInfo.InvariantCulture),
                    ["PGUSER"] = database.Username,
                    ["PGPASSWORD"] = database.Password,
                    ["PGDATABASE"] = database.Database,
                },
            },
            (line, _) =>
            {
                if (line == "ready") ready.TrySetResult();
            });
        if (await Task.WhenAny(ready.Task, process.Exited, Task.Delay(Patience, CancellationToken.None)) == ready.Task) return new PostGraphileServer(process, port);
        await process.DisposeAsync();
        throw new InvalidOperationException("PostGraphile did not start.");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
