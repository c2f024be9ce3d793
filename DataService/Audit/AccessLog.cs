using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Audit;

/// <summary>
/// Who read or changed what (D13). Entries are written by the statement that they tell of, in its transaction, into an inbox that costs a read next
/// to nothing; <see cref="AuditSealer"/> chains them. Only streams, whose number of items is known at their end, write their own (<see cref="StreamedAccess"/>).
/// </summary>
internal sealed class AccessLog(NpgsqlDataSource dataSource)
{
    private const string Columns = "organisation, subject, token_id, dataset, dataset_id, action, rule, item_count";

    /// <summary>SQL that adds an entry; to be used as, or within, a statement.</summary>
    /// <param name="entry">What happened.</param>
    /// <param name="count">SQL of the number of items.</param>
    /// <param name="from">SQL after the list of values, for example "WHERE …", or empty.</param>
    /// <param name="parameters">Of the statement.</param>
    public static string Insert(AccessEntry entry, string count, string from, SqlParameters parameters) =>
        $"INSERT INTO access_inbox ({Columns}) SELECT {Values(entry, count, parameters)} {from}";

    /// <summary>Writes an entry of its own.</summary>
    public async Task WriteAsync(AccessEntry entry, long count, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var sql = Insert(entry, parameters.Add(count, PolicyType.WholeNumber), "", parameters);
        await ExecuteAsync(entry.Principal, sql, parameters, cancellationToken);
    }

    /// <summary>Writes the entry of a stream that is about to send, so that it is there should the process end.</summary>
    /// <returns>Names the stream for <see cref="FinishAsync"/>.</returns>
    public async Task<Guid> BeginAsync(AccessEntry entry, CancellationToken cancellationToken)
    {
        var stream = Guid.NewGuid();
        var parameters = new SqlParameters();
        var sql = $"INSERT INTO access_inbox ({Columns}, stream) SELECT {Values(entry, "NULL", parameters)}, {parameters.AddOther(stream)}";
        await ExecuteAsync(entry.Principal, sql, parameters, cancellationToken);
        return stream;
    }

    /// <summary>Says how many items the stream sent.</summary>
    public async Task FinishAsync(Principal principal, Guid stream, long count, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        await ExecuteAsync(principal, $"SELECT finish_access({parameters.AddOther(stream)}, {parameters.Add(count, PolicyType.WholeNumber)})", parameters, cancellationToken);
    }

    private static string Values(AccessEntry entry, string count, SqlParameters parameters)
    {
        string Text(string value) => parameters.Add(value, PolicyType.Text);
        return $"""
            {Text(entry.Principal.Organisation)}, {Text(entry.Principal.Subject)}, {Text(entry.Principal.TokenId)}, {Text(entry.Dataset)},
            {parameters.Add(entry.DatasetId, PolicyType.WholeNumber)}, {Text(entry.Action)}, {Text(entry.Rule)}, {count}
            """;
    }

    private async Task ExecuteAsync(Principal principal, string sql, SqlParameters parameters, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(principal));
        batch.BatchCommands.Add(RequestScope.Command(sql, parameters));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
