using AiMesh.AuthService.Storage;
using Npgsql;

namespace AiMesh.AuthService.Tests.Storage;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class AuthTransactionTests(AuthFixture fixture)
{
    [Fact]
    public async Task Dispose_AfterCommit_LeavesTheNextTransactionOfTheConnectionAlone()
    {
        await using var onlyOneConnection = new NpgsqlDataSourceBuilder(fixture.Database.ConnectionString) { ConnectionStringBuilder = { MaxPoolSize = 1 } }.Build();
        var database = new AuthDatabase(onlyOneConnection);
        var first = await database.BeginAsync("first", CancellationToken.None);
        await first.CommitAsync(CancellationToken.None);

        await using var second = await database.BeginAsync("second", CancellationToken.None);
        await first.DisposeAsync();

        Assert.Equal("second", await second.QueryOneAsync<string>("select current_organisation()", new { }, CancellationToken.None));
        await second.CommitAsync(CancellationToken.None);
    }
}
