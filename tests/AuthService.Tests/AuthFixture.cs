using AiMesh.Auth.V1;
using AiMesh.Testing;
using Dapper;
using Npgsql;

namespace AiMesh.AuthService.Tests;

/// <summary>One database and one running AuthService for all tests that need nothing special. Each test has organisations of its own.</summary>
public sealed class AuthFixture : IAsyncLifetime
{
    public const string Password = "correct horse staple 42";

    private static int _people;

    public PostgresDatabase Database { get; private set; } = null!;

    public AuthServiceHost Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await PostgresServer.CreateDatabaseAsync();
        Service = await AuthServiceHost.StartAsync(Database.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>An address that no test used before.</summary>
    public static string NewEmail() => $"person{Interlocked.Increment(ref _people)}@example.com";

    /// <summary>Registers somebody, who is administrator of a new organisation, and signs them in.</summary>
    internal async Task<Person> RegisterAsync()
    {
        var email = NewEmail();
        var registered = await Service.Sessions.RegisterAsync(new RegisterRequest { Email = email, Password = Password });
        return await SignInAsync(registered.User.Id, email);
    }

    /// <summary>Adds a user to somebody's organisation and signs them in.</summary>
    internal async Task<Person> AddAsync(Person administrator, params string[] roles)
    {
        var email = NewEmail();
        var user = await Service.Users.CreateUserAsync(
            new CreateUserRequest { User = new User { Email = email, Roles = { roles } }, Password = Password }, administrator.Headers);
        return await SignInAsync(user.Id, email);
    }

    internal async Task<Person> SignInAsync(string id, string email)
    {
        var tokens = await Service.Sessions.LoginAsync(new LoginRequest { Email = email, Password = Password });
        return new Person(id, email, tokens);
    }

    /// <summary>Asks the database as superuser, past row-level security.</summary>
    public async Task<T> AskAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        return (await connection.QuerySingleAsync<T>(sql, parameters))!;
    }
}

[CollectionDefinition(Name)]
public sealed class AuthTests : ICollectionFixture<AuthFixture>
{
    public const string Name = "AuthService";
}
