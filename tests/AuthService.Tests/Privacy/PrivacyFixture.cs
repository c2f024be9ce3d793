using System.Diagnostics;
using System.IO.Compression;
using System.Net.Http.Headers;
using AiMesh.Auth.V1;
using AiMesh.Testing;
using Dapper;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AuthService.Tests.Privacy;

/// <summary>AuthService as the only service that keeps something about people, and another replica for which there are more, that nobody can reach.</summary>
public sealed class PrivacyFixture : IAsyncLifetime
{
    private static int _people;

    public PostgresDatabase Database { get; private set; } = null!;

    public AuthServiceHost Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await PostgresServer.CreateDatabaseAsync();
        Service = await AuthServiceHost.StartAsync(Database.ConnectionString, "Privacy:Services=", "Privacy:RevocationGrace=00:00:00.1");
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Database.DisposeAsync();
    }

    internal async Task<Person> RegisterAsync()
    {
        var email = $"registrant{Interlocked.Increment(ref _people)}@example.com";
        var registered = await Service.Sessions.RegisterAsync(new RegisterRequest { Email = email, Password = AuthFixture.Password, DisplayName = "Ada Administrator" });
        return await SignInAsync(registered.User.Id, email);
    }

    internal async Task<Person> AddAsync(Person administrator, string displayName, params string[] roles)
    {
        var email = $"colleague{Interlocked.Increment(ref _people)}@example.com";
        var user = await Service.Users.CreateUserAsync(
            new CreateUserRequest { User = new User { Email = email, DisplayName = displayName, Roles = { roles } }, Password = AuthFixture.Password },
            administrator.Headers);
        return await SignInAsync(user.Id, email);
    }

    internal async Task<Person> SignInAsync(string id, string email) =>
        new(id, email, await Service.Sessions.LoginAsync(new LoginRequest { Email = email, Password = AuthFixture.Password }));

    /// <summary>Erases somebody and waits until it is done.</summary>
    internal async Task<Erasure> EraseAsync(Metadata headers, string user, bool evenLastAdministrator = false)
    {
        var erasure = await Service.Privacy.EraseUserAsync(new EraseUserRequest { User = user, EvenLastAdministrator = evenLastAdministrator }, headers);
        await UntilAsync(async () => (erasure = await Service.Privacy.GetErasureAsync(new GetErasureRequest { Erasure = erasure.Id })).State == OperationState.Done);
        return erasure;
    }

    /// <summary>Exports somebody, waits until it is done, and reads the archive: texts by file.</summary>
    internal async Task<Dictionary<string, string>> ExportAsync(Person caller, string user)
    {
        var export = await Service.Privacy.ExportUserAsync(new ExportUserRequest { User = user }, caller.Headers);
        await UntilAsync(async () => (export = await Service.Privacy.GetExportAsync(new GetExportRequest { Export = export.Id }, caller.Headers)).State == OperationState.Done);
        using var response = await DownloadAsync(export.Id, caller);
        Assert.True(response.IsSuccessStatusCode, $"The archive answered {(int)response.StatusCode}.");
        Assert.Equal("application/zip", response.Content.Headers.ContentType?.MediaType);
        using var archive = new ZipArchive(await response.Content.ReadAsStreamAsync(), ZipArchiveMode.Read);
        return archive.Entries.ToDictionary(static entry => entry.FullName, static entry => new StreamReader(entry.Open()).ReadToEnd());
    }

    internal async Task<HttpResponseMessage> DownloadAsync(string export, Person caller)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/auth/exports/{export}/archive");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.Tokens.AccessToken);
        return await Service.Http.SendAsync(request);
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60), "It did not come true within a minute.");
            await Task.Delay(50);
        }
    }

    /// <summary>Asks the database as superuser, past row-level security.</summary>
    public async Task<T> AskAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        return (await connection.QuerySingleAsync<T>(sql, parameters))!;
    }
}

[CollectionDefinition(Name)]
public sealed class PrivacyTests : ICollectionFixture<PrivacyFixture>
{
    public const string Name = "Privacy";
}
