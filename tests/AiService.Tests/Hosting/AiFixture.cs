using System.Diagnostics.CodeAnalysis;
using AiMesh.Ai.V1;
using AiMesh.ProviderSimulator;
using AiMesh.Testing;
using Dapper;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>A running AiService with everything around it: database, authority, data and device services, two simulated providers.</summary>
public sealed class AiFixture : IAsyncLifetime
{
    public const string PrimaryKey = "sk-primary-4f1d9c0b7a";
    public const string BackupKey = "sk-backup-a90c2e6611";

    private static int _organisations;

    public PostgresDatabase Database { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public FakeMesh Mesh { get; private set; } = null!;

    /// <summary>Behind the provider "openai": sim-small, sim-large, and sim-block, which does not stream.</summary>
    public Simulator Primary { get; private set; } = null!;

    /// <summary>Behind the provider "backup": sim-small and sim-large.</summary>
    public Simulator Backup { get; private set; } = null!;

    public AiServiceHost Service { get; private set; } = null!;

    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed in DisposeAsync.")]
    public async Task InitializeAsync()
    {
        Database = await PostgresServer.CreateDatabaseAsync();
        Authority = await TestAuthority.StartAsync();
        Mesh = await FakeMesh.StartAsync();
        Primary = await Simulator.StartAsync(PrimaryKey);
        Backup = await Simulator.StartAsync(BackupKey);
        SampleData.Fill(Mesh);
        Service = await StartServiceAsync();

        // The first call of a process compiles everything on its way, which would count against tests that look at the clock.
        var hello = new CompleteRequest { Model = "sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } } };
        await Service.Chat.CompleteAsync(hello, Caller());
    }

    /// <summary>Another service over the same surroundings.</summary>
    public Task<AiServiceHost> StartServiceAsync(params IEnumerable<KeyValuePair<string, string?>> settings) =>
        AiServiceHost.StartAsync(Database.ConnectionString, Settings(settings));

    /// <summary>What a service needs to find its surroundings; later settings win.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> Settings(IEnumerable<KeyValuePair<string, string?>> more)
    {
        KeyValuePair<string, string?>[] all =
        [
            .. Authority.Settings, .. Mesh.Settings,
            .. Provider("openai", Primary.BaseUrl, PrimaryKey, ("sim-small", 0.15m, 0.075m, 0.60m, 0.5, ""), ("sim-large", 2.5m, 1.25m, 10m, 0.9, ""), ("sim-block", 1m, 0.5m, 2m, 0.6, "json")),
            .. Provider("backup", Backup.BaseUrl, BackupKey, ("sim-small", 0.15m, 0.075m, 0.60m, 0.4, ""), ("sim-large", 2.5m, 1.25m, 10m, 0.8, "")),

            // Breakers are tested by themselves; here they would let one test disturb another.
            new("Routing:BreakAfter", "100"),
            .. more,
        ];
        return all.GroupBy(s => s.Key, StringComparer.Ordinal).Select(g => g.Last());
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Primary.DisposeAsync();
        await Backup.DisposeAsync();
        await Mesh.DisposeAsync();
        await Authority.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Somebody of an organisation that no other test uses, with these permissions.</summary>
    public Metadata Caller(params string[] permissions) => AiServiceHost.With(Token(permissions: permissions));

    public string Token(string? organisation = null, string subject = "alice", string[]? roles = null, params string[] permissions) => Authority.Token(
        subject, organisation ?? NewOrganisation(), roles: roles ?? ["member"], permissions: permissions.Length > 0 ? permissions : ["*"]);

    public static string NewOrganisation() => $"org-{Interlocked.Increment(ref _organisations)}";

    /// <summary>Asks the database as superuser, past row-level security.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    private static IEnumerable<KeyValuePair<string, string?>> Provider(
        string name, Uri baseUrl, string key, params (string Name, decimal Input, decimal Cached, decimal Output, double Quality, string Capability)[] models)
    {
        var section = $"Providers:{name}";
        yield return new($"{section}:BaseUrl", baseUrl.ToString());
        yield return new($"{section}:ApiKey", key);
        yield return new($"{section}:FirstTokenTimeout", "00:00:02");
        yield return new($"{section}:IdleTimeout", "00:00:03");
        for (var i = 0; i < models.Length; i++)
        {
            var model = models[i];
            yield return new($"{section}:Models:{i}:Name", model.Name);
            yield return new($"{section}:Models:{i}:InputPrice", model.Input.ToString(System.Globalization.CultureInfo.InvariantCulture));
            yield return new($"{section}:Models:{i}:CachedInputPrice", model.Cached.ToString(System.Globalization.CultureInfo.InvariantCulture));
            yield return new($"{section}:Models:{i}:OutputPrice", model.Output.ToString(System.Globalization.CultureInfo.InvariantCulture));
            yield return new($"{section}:Models:{i}:Quality", model.Quality.ToString(System.Globalization.CultureInfo.InvariantCulture));
            yield return new($"{section}:Models:{i}:ContextLength", "16000");
            if (model.Capability.Length > 0) yield return new($"{section}:Models:{i}:Capabilities:0", model.Capability);
        }
    }
}

[CollectionDefinition(Name)]
public sealed class AiTests : ICollectionFixture<AiFixture>
{
    public const string Name = "AiService";
}
