using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Keys;
using AiMesh.Testing;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AiMesh.AuthService.Tests.Keys;

[Trait("Level", "Server")]
public sealed class SigningKeysTests : IAsyncLifetime
{
    private static readonly string[] FastRotation =
        ["Keys:RotationInterval=00:00:02", "Keys:PublishAhead=00:00:01", "Keys:CheckInterval=00:00:00.2", "Sessions:AccessTokenLifetime=00:00:05"];

    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Start_OfReplicasAtOnce_SharesOneKey()
    {
        var starting = Enumerable.Range(0, 3).Select(_ => AuthServiceHost.StartAsync(_database.ConnectionString)).ToArray();
        var replicas = await Task.WhenAll(starting);

        Assert.Single(replicas.Select(static replica => replica.Services.GetRequiredService<SigningKeys>().Signing.Id).Distinct());
        Assert.All(replicas, static replica => Assert.Single(replica.Services.GetRequiredService<SigningKeys>().Ring.Keys));
        foreach (var replica in replicas) await replica.DisposeAsync();
    }

    [Fact]
    public async Task Rotation_UnderLoad_RejectsNoRequest()
    {
        await using var first = await AuthServiceHost.StartAsync(_database.ConnectionString, FastRotation);
        await using var second = await AuthServiceHost.StartAsync(_database.ConnectionString, FastRotation);
        await using var service = await StartServiceAsync(first.HttpAddress);
        var rotations = Scale.Of(quick: 4, full: 20);
        await first.Sessions.RegisterAsync(new RegisterRequest { Email = "load@example.com", Password = AuthFixture.Password });
        var login = await first.Sessions.LoginAsync(new LoginRequest { Email = "load@example.com", Password = AuthFixture.Password });
        var keyIds = new ConcurrentDictionary<string, bool>();
        var started = Stopwatch.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            var tokens = worker == 0 ? login : await first.Sessions.LoginAsync(new LoginRequest { Email = "load@example.com", Password = AuthFixture.Password });
            using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };

            // Rotations are two seconds apart.
            while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds((2 * rotations) + 1))
            {
                var (issuer, verifier) = worker % 2 == 0 ? (first, second) : (second, first);
                tokens = await issuer.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = tokens.RefreshToken });
                keyIds[tokens.AccessToken.Split('.')[0]] = true;
                await verifier.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(tokens.AccessToken));

                // A service that has nothing but the published keys.
                using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken) } };
                using var response = await client.SendAsync(request);
                Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            }
        }));

        Assert.InRange(keyIds.Count, rotations, rotations + 2);
    }

    [Fact]
    public async Task Rotation_OfManyKeys_ForgetsTheOldOnes()
    {
        await using var service = await AuthServiceHost.StartAsync(_database.ConnectionString, FastRotation);
        var keys = service.Services.GetRequiredService<SigningKeys>();
        var first = keys.Signing.Id;
        await ExecuteAsync("update signing_keys set activates_at = now() - interval '1 day'");
        await ExecuteAsync(
            "insert into signing_keys select 'copy', public_key, sealed_private_key, sealed_data_key, master_key_version, now() - interval '2 days' from signing_keys");

        await UntilAsync(() => keys.Ring.Keys.Length >= 2 && keys.Ring.Keys.All(static key => key.Id != "copy"));

        Assert.Contains(keys.Ring.Keys, key => key.Id == first);
        Assert.Equal(0, await AskAsync<int>("select count(*)::int from signing_keys where id = 'copy'"));
    }

    [Fact]
    public async Task PrivateKeys_InTheDatabase_AreNotReadable()
    {
        await using var service = await AuthServiceHost.StartAsync(_database.ConnectionString);
        var stored = await AskAsync<byte[]>("select sealed_private_key from signing_keys");
        using var key = ECDsa.Create();
        Assert.Throws<CryptographicException>(() => key.ImportPkcs8PrivateKey(stored, out _));
        Assert.Equal(-1, stored.AsSpan().IndexOf(service.Services.GetRequiredService<SigningKeys>().Signing.Key.ExportParameters(true).D));
    }

    [Fact]
    public async Task Start_WithAnotherMasterKey_FailsWithAClearMessage()
    {
        await (await AuthServiceHost.StartAsync(_database.ConnectionString)).DisposeAsync();

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => AuthServiceHost.StartAsync(_database.ConnectionString, "Mesh:MasterKey=another master key for tests"));

        Assert.Contains("Mesh:PreviousMasterKeys", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithANewMasterKeyAndTheOldOne_SealsKeysAnew()
    {
        await using (var service = await AuthServiceHost.StartAsync(_database.ConnectionString))
            Assert.Single(service.Services.GetRequiredService<SigningKeys>().Ring.Keys);
        var before = await AskAsync<string>("select master_key_version from signing_keys");

        const string NewKey = "Mesh:MasterKey=another master key for tests";
        await (await AuthServiceHost.StartAsync(_database.ConnectionString, NewKey, $"Mesh:PreviousMasterKeys:0={AuthServiceHost.MasterKey}")).DisposeAsync();

        Assert.NotEqual(before, await AskAsync<string>("select master_key_version from signing_keys"));
        await (await AuthServiceHost.StartAsync(_database.ConnectionString, NewKey)).DisposeAsync();
    }

    [Theory]
    [InlineData("Keys:PublishAhead=00:00:10", "Keys:PublishAhead")]
    [InlineData("Keys:RotationInterval=00:10:00", "Keys:RotationInterval")]
    [InlineData("Sessions:AccessTokenLifetime=01:00:00", "Sessions:AccessTokenLifetime")]
    [InlineData("Sessions:RefreshGrace=00:01:00", "Sessions:RefreshGrace")]
    [InlineData("Passwords:Argon2MemoryKiB=16", "Argon2MemoryKiB")]
    [InlineData("SignIn:FailuresOfAccountAtAddress=0", "FailuresOfAccountAtAddress")]
    [InlineData("Mesh:MasterKey=", "Mesh:MasterKey")]
    public async Task Start_WithBadSetting_NamesIt(string setting, string name)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => AuthServiceHost.StartAsync(_database.ConnectionString, setting));
        Assert.Contains(name, failure.ToString(), StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartServiceAsync(Uri authority)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();

        // Often enough for keys that are published one second ahead; with the real fifteen minutes, five minutes do.
        builder.AddMeshAuthentication(options => (options.Authority, options.JwksRefreshInterval, options.KeyMissInterval) = (authority, TimeSpan.FromSeconds(1), TimeSpan.Zero));
        var service = builder.Build();
        service.Urls.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        service.UseMesh();
        service.MapGet("/", static () => "in").RequireSignIn();
        await service.StartAsync();
        return service;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "not within 10 s");
            await Task.Delay(50);
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.ExecuteAsync(sql);
    }

    private async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        return await connection.QuerySingleAsync<T>(sql);
    }
}
