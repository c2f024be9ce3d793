using Dapper;
using Npgsql;

namespace AiMesh.AuthService.Storage;

/// <summary>
/// Transactions on behalf of one organisation: row-level security lets them see and change that organisation only, whatever the
/// statements say. (The statements say it as well.)
/// </summary>
internal sealed class AuthDatabase(NpgsqlDataSource source)
{
    /// <summary>Begins a transaction that acts for <paramref name="organisation"/>. Disposed without commit it is rolled back.</summary>
    public async Task<AuthTransaction> BeginAsync(string organisation, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(
                "select set_config('aimesh.organisation', @organisation, true)", new { organisation }, transaction, cancellationToken: cancellationToken));
            return new AuthTransaction(connection, transaction, organisation);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A statement for which no organisation is needed or known; it sees nothing that belongs to one.</summary>
    public async Task<T?> QueryOneAsync<T>(string sql, object? parameters, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }

    /// <inheritdoc cref="QueryOneAsync{T}"/>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken))];
    }
}
