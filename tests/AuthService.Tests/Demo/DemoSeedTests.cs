using AiMesh.Auth.V1;
using AiMesh.Testing;
using Dapper;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AuthService.Tests.Demo;

[Trait("Level", "Server")]
public sealed class DemoSeedTests : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    [InlineData("admin")]
    public async Task Start_InDevelopment_LetsEachDemoUserSignIn(string role)
    {
        await using var service = await AuthServiceHost.StartAsync(_database.ConnectionString, "environment=Development");

        var tokens = await service.Sessions.LoginAsync(new LoginRequest { Email = $"{role}@demo.aimesh", Password = "Demo-Passw0rd!" });
        var verified = await service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(tokens.AccessToken));

        Assert.Equal("demo", verified.Organisation);
        Assert.Equal([role], verified.Roles);
    }

    [Fact]
    public async Task Start_Again_KeepsUsersAndFollowsThePassword()
    {
        await (await AuthServiceHost.StartAsync(_database.ConnectionString, "environment=Development")).DisposeAsync();
        var ids = await IdsAsync();

        var replicas = await Task.WhenAll(Enumerable.Range(0, 2).Select(
            _ => AuthServiceHost.StartAsync(_database.ConnectionString, "environment=Development", "Demo:Password=another demo password")));

        Assert.Equal(ids, await IdsAsync());
        await replicas[0].Sessions.LoginAsync(new LoginRequest { Email = "viewer@demo.aimesh", Password = "another demo password" });
        await Refusal.OfAsync(
            replicas[1].Sessions.LoginAsync(new LoginRequest { Email = "viewer@demo.aimesh", Password = "Demo-Passw0rd!" }), StatusCode.Unauthenticated);
        foreach (var replica in replicas) await replica.DisposeAsync();
    }

    [Fact]
    public async Task Start_OutsideDevelopment_HasNoDemo()
    {
        await using var service = await AuthServiceHost.StartAsync(_database.ConnectionString, "Demo:Password=Demo-Passw0rd!");
        Assert.Empty(await IdsAsync());
    }

    [Fact]
    public async Task Start_InDevelopmentWithoutPassword_HasNoDemo()
    {
        await using var service = await AuthServiceHost.StartAsync(_database.ConnectionString, "environment=Development", "Demo:Password=");
        Assert.Empty(await IdsAsync());
    }

    [Fact]
    public async Task Start_WithDemoSetButNoPassword_NamesTheSetting()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => AuthServiceHost.StartAsync(_database.ConnectionString, "Demo:Enabled=true"));
        Assert.Contains("Demo:Password", failure.ToString(), StringComparison.Ordinal);
    }

    private async Task<string[]> IdsAsync()
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        return [.. await connection.QueryAsync<string>("select id from users order by email_key")];
    }
}
