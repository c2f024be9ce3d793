using Npgsql;
using NpgsqlTypes;

namespace AiMesh.AiService.Ledger;

/// <summary>
/// The table of calls. Every statement names the organisation and travels in one batch, thus one transaction, with the setting that
/// row-level security goes by.
/// </summary>
internal sealed class CallLedger(NpgsqlDataSource database)
{
    public async Task ReserveAsync(CallRecord call, CancellationToken cancellationToken)
    {
        await using var batch = BatchFor(call.Organisation);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            INSERT INTO calls (id, organisation, subject, operation, started_at, prompt_sha256) VALUES ($1, $2, $3, $4, $5, $6)
            """)
        {
            Parameters =
            {
                new() { Value = call.Id }, new() { Value = call.Organisation }, new() { Value = call.Subject },
                new() { Value = call.Operation }, new() { Value = call.StartedAt.UtcDateTime }, new() { Value = call.PromptHash },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Once only: a call that is settled stays as it is.</summary>
    public async Task SettleAsync(CallRecord call, CallSettlement settlement, CancellationToken cancellationToken)
    {
        await using var batch = BatchFor(call.Organisation);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            UPDATE calls SET outcome = $3, model = $4, answer_sha256 = $5, input_tokens = $6, cached_input_tokens = $7, output_tokens = $8,
                reasoning_tokens = $9, cost = $10, duration_ms = $11, attempts = $12, guards = $13
            WHERE id = $1 AND organisation = $2 AND outcome = 'PENDING'
            """)
        {
            Parameters =
            {
                new() { Value = call.Id }, new() { Value = call.Organisation }, new() { Value = settlement.Outcome }, new() { Value = settlement.Model },
                new() { Value = (object?)settlement.AnswerHash ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                new() { Value = settlement.Tokens.Input }, new() { Value = settlement.Tokens.CachedInput }, new() { Value = settlement.Tokens.Output },
                new() { Value = settlement.Tokens.Reasoning }, new() { Value = settlement.Cost }, new() { Value = (long)settlement.Duration.TotalMilliseconds },
                new() { Value = settlement.Attempts.ToArray() }, new() { Value = settlement.Guards.ToArray() },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A batch whose statements act for one organisation. Run it without a transaction of its own: a batch is one already.</summary>
    public NpgsqlBatch BatchFor(string organisation)
    {
        var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('aimesh.organisation', $1, true)") { Parameters = { new() { Value = organisation } } });
        return batch;
    }

    /// <summary>Settles calls that have been pending for longer than any call lasts.</summary>
    /// <returns>How many.</returns>
    public async Task<long> SettleLostAsync(DateTimeOffset olderThan, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT settle_lost_calls($1)");
        command.Parameters.Add(new() { Value = olderThan.UtcDateTime });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
