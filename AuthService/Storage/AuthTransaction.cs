using Dapper;
using Npgsql;

namespace AiMesh.AuthService.Storage;

/// <summary>A transaction on behalf of one organisation; see <see cref="AuthDatabase.BeginAsync"/>.</summary>
internal sealed class AuthTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, string organisation) : IAsyncDisposable
{
    private bool _disposed;

    /// <summary>The organisation that it acts for, for the text of its statements.</summary>
    public string Organisation { get; } = organisation;

    /// <summary>For what takes a connection; commands on it run within this transaction.</summary>
    public NpgsqlConnection Connection => connection;

    public Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(sql, parameters, cancellationToken));

    public Task<T?> QueryOneAsync<T>(string sql, object parameters, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, cancellationToken));

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object parameters, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<T>(Command(sql, parameters, cancellationToken))];

    /// <summary>
    /// Commits and gives the connection back, so that whatever follows (an announcement) never holds one while it waits for another.
    /// </summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await transaction.CommitAsync(cancellationToken);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Once only: connections keep their transaction object for the next caller, whom a second disposal would roll back.
        if (_disposed) return;
        _disposed = true;
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private CommandDefinition Command(string sql, object parameters, CancellationToken cancellationToken) =>
        new(sql, parameters, transaction, cancellationToken: cancellationToken);
}
