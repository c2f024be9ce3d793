using Dapper;
using Npgsql;

namespace AiMesh.AiService.Usage;

/// <summary>Reads ledger and audit of one organisation; of one subject only, where a subject is given.</summary>
internal sealed class UsageStore(NpgsqlDataSource source)
{
    private const string Totals =
        """
        count(*) as calls, coalesce(sum(input_tokens), 0)::bigint as input, coalesce(sum(output_tokens), 0)::bigint as output,
        coalesce(sum(cached_input_tokens), 0)::bigint as cachedinput, coalesce(sum(reasoning_tokens), 0)::bigint as reasoning, coalesce(sum(cost), 0) as cost
        """;

    private const string Scope =
        "organisation = @organisation and (@subject::text is null or subject = @subject) and started >= @start and started < @end";

    public Task<IReadOnlyList<UsageGroup>> ByDayAsync(UsageScope scope, CancellationToken cancellationToken) =>
        QueryAsync<UsageGroup>(scope, $"select to_char(started at time zone 'UTC', 'YYYY-MM-DD') as key, {Totals} from ledger where {Scope} group by 1 order by 1", cancellationToken);

    public Task<IReadOnlyList<UsageGroup>> ByModelAsync(UsageScope scope, CancellationToken cancellationToken) =>
        QueryAsync<UsageGroup>(scope, $"select model as key, {Totals} from ledger where {Scope} group by 1 order by 1", cancellationToken);

    public Task<IReadOnlyList<UsageGroup>> BySubjectAsync(UsageScope scope, CancellationToken cancellationToken) =>
        QueryAsync<UsageGroup>(scope, $"select subject as key, {Totals} from ledger where {Scope} group by 1 order by 1", cancellationToken);

    /// <summary>Newest first, those before <paramref name="before"/> (a call of the same scope) where given.</summary>
    public Task<IReadOnlyList<AuditedCall>> CallsAsync(string organisation, string? subject, Guid? before, int limit, CancellationToken cancellationToken) =>
        QueryAsync<AuditedCall>(
            organisation,
            """
            select l.call_id as id, l.started, l.subject, c.operation, l.model, a.prompt_sha256 as prompthash, a.answer_sha256 as answerhash,
                   l.input_tokens as input, l.output_tokens as output, l.cached_input_tokens as cachedinput, l.reasoning_tokens as reasoning,
                   l.cost, l.currency, a.duration_ms as durationms, a.outcome, a.attempts, a.guards
            from ledger l join calls c on c.id = l.call_id and c.organisation = l.organisation
                          join audit a on a.call_id = l.call_id and a.organisation = l.organisation
            where l.organisation = @organisation and (@subject::text is null or l.subject = @subject)
              and (@before::uuid is null or (l.started, l.call_id) < (
                  select b.started, b.call_id from ledger b
                  where b.organisation = @organisation and b.call_id = @before and (@subject::text is null or b.subject = @subject)))
            order by l.started desc, l.call_id desc
            limit @limit
            """,
            new { organisation, subject, before, limit },
            cancellationToken);

    /// <summary>Whether the call is one that the scope covers.</summary>
    public async Task<bool> ExistsAsync(string organisation, string? subject, Guid call, CancellationToken cancellationToken) =>
        (await QueryAsync<int>(
            organisation,
            "select 1 from ledger where organisation = @organisation and call_id = @call and (@subject::text is null or subject = @subject)",
            new { organisation, subject, call },
            cancellationToken)).Count > 0;

    private Task<IReadOnlyList<T>> QueryAsync<T>(UsageScope scope, string sql, CancellationToken cancellationToken) =>
        QueryAsync<T>(scope.Organisation, sql, new { scope.Organisation, scope.Subject, scope.Start, scope.End }, cancellationToken);

    private async Task<IReadOnlyList<T>> QueryAsync<T>(string organisation, string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "select set_config('aimesh.organisation', @organisation, true)", new { organisation }, transaction, cancellationToken: cancellationToken));
        return [.. await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellationToken))];
    }
}
