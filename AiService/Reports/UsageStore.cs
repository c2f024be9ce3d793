using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using NpgsqlTypes;
using GroupBy = AiMesh.Ai.V1.GetUsageRequest.Types.GroupBy;

namespace AiMesh.AiService.Reports;

/// <summary>Reads the ledger. A subject narrows to that caller's own calls; none means all of the organisation.</summary>
internal sealed class UsageStore(CallLedger ledger)
{
    public async Task<GetUsageResponse> SumAsync(
        string organisation, string? subject, DateTimeOffset start, DateTimeOffset end, GroupBy groupBy, CancellationToken cancellationToken)
    {
        var key = groupBy switch
        {
            GroupBy.Model => "model",
            GroupBy.User => "subject",
            _ => "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        };
        await using var batch = ledger.BatchFor(organisation);
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            SELECT {key}, count(*), sum(input_tokens)::bigint, sum(cached_input_tokens)::bigint, sum(output_tokens)::bigint, sum(reasoning_tokens)::bigint, sum(cost)
            FROM calls WHERE organisation = $1 AND ($2 IS NULL OR subject = $2) AND started_at >= $3 AND started_at < $4 GROUP BY 1 ORDER BY 1
            """)
        {
            Parameters = { new() { Value = organisation }, Text(subject), new() { Value = start.UtcDateTime }, new() { Value = end.UtcDateTime } },
        });

        var response = new GetUsageResponse();
        var (calls, tokens, cost) = (0L, new TokenCount(0, 0, 0, 0), 0m);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var group = new TokenCount(reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));
            response.Groups.Add(new GetUsageResponse.Types.Group { Key = reader.GetString(0), Totals = Totals(reader.GetInt64(1), group, reader.GetDecimal(6)) });
            calls += reader.GetInt64(1);
            tokens = new TokenCount(tokens.Input + group.Input, tokens.CachedInput + group.CachedInput, tokens.Output + group.Output, tokens.Reasoning + group.Reasoning);
            cost += reader.GetDecimal(6);
        }

        response.Total = Totals(calls, tokens, cost);
        return response;
    }

    /// <param name="before">Id of the last call of the page before; ids are in order of time.</param>
    public async Task<List<Call>> ListAsync(string organisation, string? subject, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var batch = ledger.BatchFor(organisation);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            SELECT id, started_at, subject, operation, model, prompt_sha256, answer_sha256, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
                cost, duration_ms, outcome, attempts, guards
            FROM calls WHERE organisation = $1 AND ($2 IS NULL OR subject = $2) AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
            """)
        {
            Parameters =
            {
                new() { Value = organisation }, Text(subject), new() { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, new() { Value = limit },
            },
        });

        var calls = new List<Call>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            calls.Add(new Call
            {
                Id = reader.GetGuid(0).ToString(),
                Time = Timestamp.FromDateTime(reader.GetDateTime(1).ToUniversalTime()),
                Subject = reader.GetString(2),
                Operation = reader.GetString(3),
                Model = reader.GetString(4),
                PromptSha256 = Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(5)),
                AnswerSha256 = await reader.IsDBNullAsync(6, cancellationToken) ? "" : Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(6)),
                Usage = new TokenCount(reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9), reader.GetInt64(10)).ToUsage(),
                Cost = reader.GetDecimal(11).ToMoney(),
                DurationMs = reader.GetInt64(12),
                Outcome = reader.GetString(13),
                Attempts = { reader.GetFieldValue<string[]>(14) },
                Guards = { reader.GetFieldValue<string[]>(15) },
            });
        }

        return calls;
    }

    private static GetUsageResponse.Types.Totals Totals(long calls, TokenCount tokens, decimal cost) =>
        new() { Calls = calls, Usage = tokens.ToUsage(), Cost = cost.ToMoney() };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
