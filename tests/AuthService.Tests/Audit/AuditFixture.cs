using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.AuthService.Tests.Audit;

/// <summary>A database of its own, because these tests break chains; each in an organisation of its own.</summary>
public sealed class AuditFixture : IAsyncLifetime
{
    private static readonly AuditSeals Seals = new(new MasterKeyRing(AuthServiceHost.MasterKey), "audit checkpoints");

    private PostgresDatabase _database = null!;

    public AuthServiceHost Service { get; private set; } = null!;

    public string ConnectionString => _database.ConnectionString;

    public async Task InitializeAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        Service = await AuthServiceHost.StartAsync(_database.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>An organisation with a chain of six records: registered, signed in, and renamed four times.</summary>
    internal async Task<(string Organisation, Person Administrator)> NewChainAsync()
    {
        var email = AuthFixture.NewEmail();
        var registered = await Service.Sessions.RegisterAsync(new RegisterRequest { Email = email, Password = AuthFixture.Password });
        var tokens = await Service.Sessions.LoginAsync(new LoginRequest { Email = email, Password = AuthFixture.Password });
        var person = new Person(registered.User.Id, email, tokens);
        for (var i = 0; i < 4; i++) await RenameAsync(person, $"Name {i}");
        return ((await Service.Organisations.GetOrganisationAsync(new GetOrganisationRequest(), person.Headers)).Id, person);
    }

    internal async Task RenameAsync(Person person, string name) => await Service.Organisations.UpdateOrganisationAsync(
        new UpdateOrganisationRequest { Organisation = new Organisation { DisplayName = name } }, person.Headers);

    public Task CheckpointAsync() => Service.Services.GetRequiredService<AuditCheckpoints>().WriteAsync(CancellationToken.None);

    public async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        Assert.True(await connection.ExecuteAsync(sql, parameters) > 0);
    }

    public async Task<T[]> AskAsync<T>(string sql, object parameters)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    /// <summary>What the command says of one organisation.</summary>
    internal async Task<string> VerifyAsync(string organisation, params AuditCheckpoint[] anchors)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await VerifyAuditCommand.VerifyAsync(source, Seals, anchors, output, errors);
        var lines = $"{errors}{output}".Split(Environment.NewLine).Where(line => line.StartsWith(organisation, StringComparison.Ordinal)).ToArray();
        return string.Join('\n', lines);
    }
}
