using System.Text.Encodings.Web;
using System.Text.Json;
using AiMesh.ServiceDefaults.Privacy;
using AiMesh.Testing;
using Npgsql;

namespace AiMesh.ServiceDefaults.Tests.Privacy;

/// <summary>What counts as naming a person, asked of PostgreSQL itself.</summary>
[Trait("Level", "Server")]
public sealed class DataSubjectTests : IAsyncLifetime
{
    private const string Id = "0199aa00bb11cc22dd33ee44ff556677";

    private static readonly DataSubject Erika = new("demo", Id, "Erika.M+x@people.example", "Erika \"Rika\" Müller-Weiß");

    private static readonly JsonSerializerOptions AsPostgresWrites = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData("mail erika.m+X@PEOPLE.example.", "mail *.")]
    [InlineData("<Erika.M+x@people.example>", "<*>")]
    [InlineData("by " + Id + ", twice " + Id, "by *, twice *")]
    [InlineData("ERIKA \"RIKA\" MÜLLER-WEIß called", "* called")]
    public async Task Pattern_FindsThePerson(string text, string expected)
    {
        Assert.Equal(expected, await ReplaceAsync(Erika, text));
        var json = JsonSerializer.Serialize(new { text }, AsPostgresWrites);
        Assert.DoesNotContain("rika", await ReplaceAsync(Erika, json), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("otto.erika.m+x@people.example")]
    [InlineData("erika.m+x@people.example.org")]
    [InlineData("erika.m+x@people.examples")]
    [InlineData("erika-m+x@people.example")]
    [InlineData("a" + Id)]
    [InlineData("Rika Müller-Weiß")]
    [InlineData("Erika \"Rika\" Müller-Weißenberg")]
    public async Task Pattern_LeavesOthersAlone(string text) => Assert.Equal(text, await ReplaceAsync(Erika, text));

    [Fact]
    public async Task Pattern_DoesNotLookForANameOfOneWord() =>
        Assert.Equal("the member's area", await ReplaceAsync(Erika with { DisplayName = "member" }, "the member's area"));

    private async Task<string> ReplaceAsync(DataSubject subject, string text)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select regexp_replace($1, $2, '*', 'gi')", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = text });
        command.Parameters.Add(new NpgsqlParameter { Value = subject.Pattern });
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
