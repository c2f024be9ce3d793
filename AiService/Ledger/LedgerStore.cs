using Npgsql;
using NpgsqlTypes;

namespace AiMesh.AiService.Ledger;

/// <summary>Writes calls, ledger and audit. One round trip each: a batch is one transaction, and acts for one organisation.</summary>
internal sealed class LedgerStore(NpgsqlDataSource source)
{
    public async Task ReserveAsync(ReservedCall call, CancellationToken cancellationToken)
    {
        await using var batch = BatchFor(call.Organisation);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "insert into calls (id, organisation, subject, operation, started, expires, reserved) values ($1, $2, $3, $4, $5, $6, $7)")
        {
            Parameters =
            {
                new() { Value = call.Id },
                new() { Value = call.Organisation },
                new() { Value = call.Subject },
                new() { Value = call.Operation },
                new() { Value = call.Started },
                new() { Value = call.Expires },
                new() { Value = call.MostCost },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes the end of a call, once: a second one changes nothing.</summary>
    public async Task SettleAsync(SettledCall settled, CancellationToken cancellationToken)
    {
        var call = settled.Call;
        await using var batch = BatchFor(call.Organisation);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into ledger (call_id, organisation, subject, started, model, input_tokens, output_tokens, cached_input_tokens,
                                reasoning_tokens, estimated, cost, currency)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (call_id) do nothing
            """)
        {
            Parameters =
            {
                new() { Value = call.Id },
                new() { Value = call.Organisation },
                new() { Value = call.Subject },
                new() { Value = call.Started },
                new() { Value = settled.Model?.Id ?? "" },
                new() { Value = settled.Usage.Input },
                new() { Value = settled.Usage.Output },
                new() { Value = settled.Usage.CachedInput },
                new() { Value = settled.Usage.Reasoning },
                new() { Value = settled.IsEstimated },
                new() { Value = settled.Cost },
                new() { Value = settled.Currency },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into audit (call_id, organisation, prompt_sha256, answer_sha256, duration_ms, outcome, attempts, guards)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (call_id) do nothing
            """)
        {
            Parameters =
            {
                new() { Value = call.Id },
                new() { Value = call.Organisation },
                new() { Value = (object?)settled.PromptHash ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                new() { Value = (object?)settled.AnswerHash ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                new() { Value = (long)settled.Duration.TotalMilliseconds },
                new() { Value = settled.Outcome },
                new() { Value = settled.Attempts.ToArray() },
                new() { Value = settled.Guards.ToArray() },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Settles calls whose process died, of all organisations; answers how many.</summary>
    public async Task<int> SettleLostAsync(DateTimeOffset at, string currency, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("select settle_lost_calls($1, $2)");
        command.Parameters.Add(new() { Value = at });
        command.Parameters.Add(new() { Value = currency });
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private NpgsqlBatch BatchFor(string organisation)
    {
        var batch = source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('aimesh.organisation', $1, true)") { Parameters = { new() { Value = organisation } } });
        return batch;
    }
}
