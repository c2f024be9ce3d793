using AiMesh.Auth.V1;
using AiMesh.AuthService.Storage;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.AuthService.Tests.Storage;

/// <summary>What the login of requests can do, whatever a statement forgets to say.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RowLevelSecurityTests(AuthFixture fixture)
{
    public static TheoryData<string, string> ConfinedTables => new()
    {
        { "organisations", "id" },
        { "users", "organisation" },
        { "roles", "organisation" },
        { "user_roles", "organisation" },
        { "sessions", "organisation" },
        { "refresh_tokens", "organisation" },
        { "api_keys", "organisation" },
        { "clients", "organisation" },
        { "client_roles", "organisation" },
        { "role_includes", "organisation" },
        { "identity_providers", "organisation" },
        { "identity_provider_roles", "organisation" },
        { "external_accounts", "organisation" },
    };

    private NpgsqlDataSource Api => fixture.Service.Services.GetRequiredService<NpgsqlDataSource>();

    [Fact]
    public async Task Login_OfRequests_IsNobodySpecial()
    {
        await using var connection = await Api.OpenConnectionAsync();
        var role = await connection.QuerySingleAsync<(string Name, bool Super, bool Bypass)>(
            "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user");
        Assert.EndsWith("_api", role.Name, StringComparison.Ordinal);
        Assert.False(role.Super || role.Bypass);
    }

    [Theory]
    [MemberData(nameof(ConfinedTables))]
    public async Task Table_WithoutOrganisation_ShowsNothing(string table, string column)
    {
        await FillAsync();
        Assert.True(await fixture.AskAsync<int>($"select count(distinct {column})::int from {table}") > 0);
        await using var connection = await Api.OpenConnectionAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>($"select count(*)::int from {table}"));
    }

    [Theory]
    [MemberData(nameof(ConfinedTables))]
    public async Task Table_WithOrganisation_ShowsThatOneOnly(string table, string column)
    {
        var organisation = await OrganisationOfAsync(await FillAsync());
        await FillAsync();

        await using var transaction = await fixture.Service.Services.GetRequiredService<AuthDatabase>().BeginAsync(organisation, CancellationToken.None);

        Assert.Equal([organisation], await transaction.QueryAsync<string>($"select distinct {column} from {table}", new { }, CancellationToken.None));
    }

    [Fact]
    public async Task Setting_OfATransaction_DoesNotOutliveIt()
    {
        var organisation = await OrganisationOfAsync(await fixture.RegisterAsync());
        var database = fixture.Service.Services.GetRequiredService<AuthDatabase>();
        for (var i = 0; i < 20; i++)
        {
            await using (var transaction = await database.BeginAsync(organisation, CancellationToken.None))
                if (i % 2 == 0) await transaction.CommitAsync(CancellationToken.None);
            Assert.Null(await database.QueryOneAsync<string>("select current_organisation()", null, CancellationToken.None));
        }
    }

    [Fact]
    public async Task Rows_OfAnotherOrganisation_CanNotBeWritten()
    {
        var mine = await OrganisationOfAsync(await fixture.RegisterAsync());
        var victim = await fixture.RegisterAsync();
        var theirs = await OrganisationOfAsync(victim);
        var database = fixture.Service.Services.GetRequiredService<AuthDatabase>();

        foreach (var statement in (string[])
        [
            "insert into roles (organisation, name, permissions) values (@theirs, 'x', '{*}')",
            "insert into user_roles (organisation, user_id, role) values (@theirs, @Id, 'viewer')",
            "insert into audit_events (organisation, action) values (@theirs, 'x')",
        ])
        {
            await using var transaction = await database.BeginAsync(mine, CancellationToken.None);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => transaction.ExecuteAsync(statement, new { theirs, victim.Id }, CancellationToken.None));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }

        await using var other = await database.BeginAsync(mine, CancellationToken.None);
        Assert.Equal(0, await other.ExecuteAsync("update users set disabled = true where id = @Id", new { victim.Id }, CancellationToken.None));
        Assert.Equal(0, await other.ExecuteAsync("delete from user_roles where user_id = @Id", new { victim.Id }, CancellationToken.None));
    }

    [Theory]
    [InlineData("update audit_checkpoints set sequence = 1")]
    [InlineData("delete from audit_checkpoints")]
    [InlineData("select * from audit_events_before_chain")]
    [InlineData("update audit_events set action = 'x'")]
    [InlineData("delete from audit_events")]
    [InlineData("truncate audit_events")]
    [InlineData("delete from users")]
    [InlineData("update users set email_key = 'x'")]
    [InlineData("update organisations set tier = 4")]
    [InlineData("delete from sessions")]
    [InlineData("insert into revocations values (1, 'x', null, now())")]
    [InlineData("delete from revocations")]
    [InlineData("update revocation_head set sequence = 0")]
    [InlineData("alter table users disable row level security")]
    [InlineData("create table mine (id int)")]
    [InlineData("update signing_keys set activates_at = now()")]
    [InlineData("update schema_migrations set checksum = ''")]
    public async Task Statement_BeyondTheService_IsNotAllowed(string statement)
    {
        await using var connection = await Api.OpenConnectionAsync();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(statement));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    /// <summary>An organisation that has something in every table.</summary>
    private async Task<Person> FillAsync()
    {
        var person = await fixture.RegisterAsync();
        await fixture.Service.ApiKeys.CreateApiKeyAsync(
            new CreateApiKeyRequest { ApiKey = new ApiKey { DisplayName = "x", Scopes = { "ai:ask" } } }, person.Headers);
        await fixture.Service.Clients.CreateClientAsync(
            new CreateClientRequest { Client = new Client { DisplayName = "x", Roles = { "viewer" } } }, person.Headers);
        await fixture.Service.Roles.CreateRoleAsync(
            new CreateRoleRequest { Role = new Role { Name = "lead", Includes = { "viewer" } } }, person.Headers);

        // Without a provider that answers none can be added by the front door.
        await fixture.AskAsync<int>(
            """
            with provider as (
                insert into identity_providers (
                    organisation, name, display_name, issuer, client_id, sealed_secret, sealed_data_key, master_key_version, scopes, creates_users, reads_user_info, disabled)
                select organisation, 'corporate', 'x', 'https://idp.example', 'x', '', '', '', '{}', true, false, false from users where id = @Id returning organisation),
            rule as (
                insert into identity_provider_roles (organisation, provider, position, claim, value, role)
                select organisation, 'corporate', 1, 'x', 'x', 'viewer' from provider returning 1)
            insert into external_accounts (organisation, issuer, subject, user_id) select organisation, 'https://idp.example', 'x', @Id from provider returning 1
            """,
            new { person.Id });
        return person;
    }

    private Task<string> OrganisationOfAsync(Person person) => fixture.AskAsync<string>("select organisation from users where id = @Id", new { person.Id });
}
