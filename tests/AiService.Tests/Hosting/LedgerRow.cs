using AiMesh.Testing;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>A settled call as it stands in ledger and audit, read past row-level security.</summary>
internal sealed record LedgerRow
{
    public Guid Id { get; init; }

    public string Operation { get; init; } = "";

    public string Subject { get; init; } = "";

    public string Model { get; init; } = "";

    public long Input { get; init; }

    public long Output { get; init; }

    public long Cached { get; init; }

    public long Reasoning { get; init; }

    public bool Estimated { get; init; }

    public decimal Cost { get; init; }

    public string Outcome { get; init; } = "";

    public string[] Attempts { get; init; } = [];

    public string[] Guards { get; init; } = [];

    private const string Sql =
        """
        select l.call_id as id, c.operation, l.subject, l.model, l.input_tokens as input, l.output_tokens as output, l.cached_input_tokens as cached,
               l.reasoning_tokens as reasoning, l.estimated, l.cost, a.outcome, a.attempts, a.guards
        from calls c join ledger l on l.call_id = c.id join audit a on a.call_id = c.id
        where c.organisation = @organisation order by c.id
        """;

    public static Task<IReadOnlyList<LedgerRow>> AllAsync(AiFixture fixture, string organisation) => fixture.QueryAsync<LedgerRow>(Sql, new { organisation });

    /// <summary>The only call of an organisation, once it is settled.</summary>
    public static Task<LedgerRow> OnlyAsync(AiFixture fixture, string organisation) => Eventually.GetAsync(async () =>
    {
        var rows = await AllAsync(fixture, organisation);
        Assert.True(rows.Count <= 1);
        return rows.Count == 0 ? null : rows[0];
    });
}
