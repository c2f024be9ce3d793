using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Audit;

/// <summary>
/// Who read or changed what (D13). Entries are written by the statement that they tell of, in its transaction; only a stream, whose
/// number of items is known at its end, writes its own afterwards.
/// </summary>
internal sealed class AccessLog(NpgsqlDataSource dataSource)
{
    /// <summary>SQL that adds an entry; to be used as, or within, a statement.</summary>
    /// <param name="entry">What happened.</param>
    /// <param name="count">SQL of the number of items.</param>
    /// <param name="from">SQL after the list of values, for example "WHERE …", or empty.</param>
    /// <param name="parameters">Of the statement.</param>
    public static string Insert(AccessEntry entry, string count, string from, SqlParameters parameters)
    {
        var (principal, dataset) = (entry.Principal, entry.Dataset);
        string Text(string value) => parameters.Add(value, PolicyType.Text);
        return $"""
            INSERT INTO access_log (organisation, subject, token_id, dataset, dataset_id, action, rule, item_count)
            SELECT {Text(principal.Organisation)}, {Text(principal.Subject)}, {Text(principal.TokenId)}, {Text(dataset.Definition.Id)},
                {parameters.Add(dataset.Id, PolicyType.WholeNumber)}, {Text(entry.Action)}, {Text(entry.Rule)}, {count} {from}
            """;
    }

    /// <summary>Writes an entry of its own.</summary>
    public async Task WriteAsync(AccessEntry entry, long count, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var number = parameters.Add(count, PolicyType.WholeNumber);
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(entry.Principal));
        batch.BatchCommands.Add(RequestScope.Command(Insert(entry, number, "", parameters), parameters));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <param name="Principal">Who.</param>
/// <param name="Dataset">In which dataset.</param>
/// <param name="Action">list, get, query, aggregate, export, create, update, delete, import, batch_get, batch_create, batch_update, batch_delete, watch, define.</param>
/// <param name="Rule">Version of the definition and numbers of the rules that let the caller through.</param>
internal sealed record AccessEntry(Principal Principal, CompiledDataset Dataset, string Action, string Rule)
{
    public static AccessEntry Of(Principal principal, DatasetView view, string action, Data.V1.RowRule.Types.Action rule) =>
        new(principal, view.Dataset, action, view.RuleLabel(rule));
}
