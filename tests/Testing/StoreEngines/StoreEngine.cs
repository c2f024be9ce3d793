using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting.Processes;

namespace AiMesh.Testing;

/// <summary>
/// Servers that speak the wire formats of other providers' stores, each started on first use on a free port of 127.0.0.1 and gone when the process ends: npm dynalite
/// (Amazon DynamoDB), npm @vercel/cosmosdb-server (Azure Cosmos DB), and Google's emulator of Firestore.
/// </summary>
public sealed class StoreEngine
{
    /// <summary>What the server of Cosmos DB takes as the account's key.</summary>
    public const string CosmosKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

    private const string FirestoreJar = "/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "StoreEngines");
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    private static readonly Lazy<Task<StoreEngine>> Dynamo = new(() => StartNodeAsync(
        "dynalite/cli.js", static port => ["--port", port, "--host", "127.0.0.1", "--createTableMs", "0", "--deleteTableMs", "0"]));

    private static readonly Lazy<Task<StoreEngine>> Cosmos = new(() => StartNodeAsync(
        "@vercel/cosmosdb-server/lib/cli.js", static port => ["--port", port, "--host", "127.0.0.1", "--no-ssl"]));

    private static readonly Lazy<Task<StoreEngine>> Fire = new(StartFirestoreAsync);

    // Keeps the process: it ends with this one.
    private readonly ChildProcess _process;

    private StoreEngine(ChildProcess process, int port) => (_process, Address) = (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Id of the server's process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The one server of DynamoDB's API.</summary>
    public static Task<StoreEngine> DynamoDbAsync() => Dynamo.Value;

    /// <summary>The one server of Cosmos DB's API.</summary>
    public static Task<StoreEngine> CosmosDbAsync() => Cosmos.Value;

    /// <summary>The one server of Firestore's API.</summary>
    public static Task<StoreEngine> FirestoreAsync() => Fire.Value;

    private static async Task<StoreEngine> StartNodeAsync(string script, Func<string, string[]> arguments)
    {
        TestLevel.DemandServers();
        await Installed.Value;
        var port = FreePort.Next();
        return await StartAsync(port, new ChildProcessOptions(
            "node", [Path.Combine("node_modules", script), .. arguments(port.ToString(CultureInfo.InvariantCulture))])
        { WorkingDirectory = Folder });
    }

    private static Task<StoreEngine> StartFirestoreAsync()
    {
        TestLevel.DemandServers();
        var jar = Environment.GetEnvironmentVariable("AIMESH_FIRESTORE_EMULATOR") ?? FirestoreJar;
        if (!File.Exists(jar))
        {
            throw new InvalidOperationException(
                "Google's emulator of Firestore is not here: install the package google-cloud-cli-firestore-emulator (https://cloud.google.com/sdk/docs/install) "
                + "or say in AIMESH_FIRESTORE_EMULATOR where cloud-firestore-emulator.jar is.");
        }

        var port = FreePort.Next();
        return StartAsync(port, new ChildProcessOptions(
            "java", ["-Xmx512m", "-cp", jar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore", "--host=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={port}")]));
    }

    private static async Task<StoreEngine> StartAsync(int port, ChildProcessOptions options)
    {
        var lines = new Queue<string>();
        var process = ChildProcess.Start(options, (line, _) =>
        {
            lock (lines)
            {
                lines.Enqueue(line);
                if (lines.Count > 50) lines.Dequeue();
            }
        });
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return new StoreEngine(process, port);
            }
            catch (SocketException) when (!process.Exited.IsCompleted && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(50);
            }
            catch (SocketException error)
            {
                await process.DisposeAsync();
                lock (lines) throw new InvalidOperationException($"{options.FileName} did not start: {string.Join('\n', lines)}", error);
            }
        }
    }

    private static async Task InstallAsync()
    {
        // npm's own note of what it installed is younger than the list of what is wanted: nothing to do.
        var (wanted, done) = (Path.Combine(Folder, "package-lock.json"), Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (File.Exists(done) && File.GetLastWriteTimeUtc(done) > File.GetLastWriteTimeUtc(wanted)) return;
        using var patience = new CancellationTokenSource(Patience);
        await ChildProcess.RunAsync(new ChildProcessOptions("npm", ["ci", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = Folder }, patience.Token);
    }
}
