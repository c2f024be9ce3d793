using System.Net;
using System.Net.Http.Json;
using AiMesh.Auth.V1;
using AiMesh.Testing;

namespace AiMesh.AuthService.Tests.Sessions;

/// <summary>Failures from several addresses, at two replicas that count together.</summary>
[Trait("Level", "Server")]
public sealed class SignInBackoffTests : IAsyncLifetime
{
    private static readonly string[] Settings = ["SignIn:FailuresOfAccount=8", "SignIn:FailuresOfAddress=12"];

    private PostgresDatabase _database = null!;
    private AuthServiceHost[] _replicas = [];

    public async Task InitializeAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        _replicas = [await AuthServiceHost.StartAsync(_database.ConnectionString, Settings), await AuthServiceHost.StartAsync(_database.ConnectionString, Settings)];
        await _replicas[0].Sessions.RegisterAsync(new RegisterRequest { Email = "anna@example.com", Password = AuthFixture.Password });
    }

    public async Task DisposeAsync()
    {
        foreach (var replica in _replicas) await replica.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Failures_AtTwoReplicas_AreCountedTogetherForThatAddressOnly()
    {
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.Unauthorized, await LoginAsync("anna@example.com", "203.0.113.1", replica: i % 2));

        Assert.Equal(HttpStatusCode.TooManyRequests, await LoginAsync("anna@example.com", "203.0.113.1", AuthFixture.Password, 0));
        Assert.Equal(HttpStatusCode.TooManyRequests, await LoginAsync("anna@example.com", "203.0.113.1", AuthFixture.Password, 1));
        Assert.Equal(HttpStatusCode.OK, await LoginAsync("anna@example.com", "203.0.113.2", AuthFixture.Password, 1));
    }

    [Fact]
    public async Task Failures_OfOneAccountFromManyAddresses_PauseTheAccount()
    {
        for (var i = 0; i < 8; i++) Assert.Equal(HttpStatusCode.Unauthorized, await LoginAsync("anna@example.com", $"203.0.113.{i}"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await LoginAsync("anna@example.com", "203.0.113.99", AuthFixture.Password));
    }

    [Fact]
    public async Task Failures_OfManyAccountsFromOneAddress_PauseTheAddress()
    {
        for (var i = 0; i < 12; i++) Assert.Equal(HttpStatusCode.Unauthorized, await LoginAsync($"person{i}@example.com", "203.0.113.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await LoginAsync("anna@example.com", "203.0.113.1", AuthFixture.Password));
        Assert.Equal(HttpStatusCode.OK, await LoginAsync("anna@example.com", "203.0.113.2", AuthFixture.Password));
    }

    private async Task<HttpStatusCode> LoginAsync(string email, string address, string password = "not the password", int replica = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/login") { Content = JsonContent.Create(new { email, password }) };
        request.Headers.Add("X-Forwarded-For", address);
        using var response = await _replicas[replica].Http.SendAsync(request);
        return response.StatusCode;
    }
}
