using AiMesh.DataService.Audit;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Keys;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Audit;

/// <summary>A database of its own, because these tests break chains; each in an organisation of its own.</summary>
public sealed class AuditFixture : IAsyncLifetime
{
    private static readonly AuditSeals Seals = new(new MasterKeyRing("a master key for tests only"), "audit checkpoints of data");

    public PostgresDatabase Database { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public DataServiceHost Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await PostgresServer.CreateDatabaseAsync();
        Authority = await TestAuthority.StartAsync();
        Service = await DataServiceHost.StartAsync(Database.ConnectionString, Authority);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Authority.DisposeAsync();
        await Database.DisposeAsync();
    }

    internal Caller CallerOf(string organisation, string subject, params string[] permissions) =>
        new(Service, Authority.Token(subject, organisation, ["admin"], permissions.Length == 0 ? ["*"] : permissions), subject);

    /// <summary>An organisation with a dataset "d" and a chain of six records: define, create, and four reads.</summary>
    internal async Task<string> NewChainAsync()
    {
        var organisation = DataFixture.NewId();
        var admin = CallerOf(organisation, "ann");
        await admin.DefineAsync("d", Dataset([Field("name")], Admins));
        await admin.CreateAsync("d", Fields(("name", "a")), "one");
        for (var i = 0; i < 4; i++) await admin.ListAsync("d");
        await SealAsync();
        return organisation;
    }

    public Task<int> SealAsync() => Service.Host.Services.GetRequiredService<AuditSealer>().SealAsync(wait: true, CancellationToken.None);

    /// <summary>A sealer that gives streams up at once.</summary>
    internal AuditSealer Impatient(TimeSpan patience) => new(
        Service.Host.Services.GetRequiredKeyedService<NpgsqlDataSource>("owner"), Options.Create(new AuditOptions { StreamPatience = patience }));

    public Task CheckpointAsync() => Service.Host.Services.GetRequiredService<AuditCheckpoints>().WriteAsync(CancellationToken.None);

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.True(await command.ExecuteNonQueryAsync() > 0);
    }

    public async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What the command says of one organisation.</summary>
    internal async Task<string> VerifyAsync(string organisation)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        await using var source = NpgsqlDataSource.Create(Database.ConnectionString);
        await VerifyAuditCommand.VerifyAsync(source, Seals, [], output, errors, AuditPeople.VerifyAsync);
        return string.Join('\n', $"{errors}{output}".Split(Environment.NewLine).Where(line => line.StartsWith($"{organisation}:", StringComparison.Ordinal) || line.StartsWith($"{organisation} ", StringComparison.Ordinal)));
    }
}
