using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.AiService.Privacy;

/// <summary>
/// What is kept about people here: their calls. Prompts and answers are not stored; their hashes are, which would tell whether somebody asked a
/// certain question, and go. Calls and ledger stay for accounting, under a pseudonym: no sum changes.
/// </summary>
internal sealed class AiPersonalData(PersonalTables tables) : IPersonalData
{
    private static readonly PersonalTable[] Tables =
    [
        new("calls",
            """
            select (to_jsonb(c) - 'organisation' || jsonb_build_object(
                'ledger', to_jsonb(l) - 'organisation' - 'subject' - 'call_id',
                'audit', to_jsonb(a) - 'organisation' - 'call_id'))::text
            from calls c left join ledger l on l.call_id = c.id left join audit a on a.call_id = c.id
            where c.organisation = @organisation and c.subject = @subject order by c.id
            """)
        {
            Pseudonymise = "update calls set subject = @pseudonym where organisation = @organisation and subject = @subject",
        },
        new("ledger", null)
        {
            Pseudonymise = "update ledger set subject = @pseudonym where organisation = @organisation and subject = @subject",
        },
        new("audit", null)
        {
            Pseudonymise =
                """
                update audit set prompt_sha256 = null, answer_sha256 = null
                where organisation = @organisation and (prompt_sha256 is not null or answer_sha256 is not null)
                    and call_id in (select id from calls where organisation = @organisation and subject = @pseudonym)
                """,
        },
    ];

    public Task ExportAsync(DataSubject subject, bool visibleOnly, SectionWriter writer, CancellationToken cancellationToken) =>
        tables.ExportAsync(subject, Tables, writer, cancellationToken);

    public async Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken)
    {
        var found = await tables.EraseAsync(order, Tables, prelude: null, cancellationToken);
        return new ErasureReport(await tables.ReportAsync(order.RequestId, cancellationToken), found);
    }
}
