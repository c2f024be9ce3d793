using System.Text.Json.Nodes;
using AiMesh.AuthService.Audit;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.AuthService.Privacy;

/// <summary>
/// What is kept about people here: account, sessions, keys (never a secret or its hash), counted failures and the audit chain. The chain
/// stays, for security; it knows people by their id only, and what else it holds of them is sealed under a key that goes with the account.
/// </summary>
internal sealed class AuthPersonalData(PersonalTables tables, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner) : IPersonalData
{
    private const string Mine = "where organisation = @organisation and user_id = @subject";

    /// <summary>What depends on others comes before them; accounts come last and take with them whatever refers to them.</summary>
    private static readonly PersonalTable[] Tables =
    [
        new("sign_in_failures", null)
        {
            Delete =
                """
                delete from sign_in_failures where key in (
                    select sha256(convert_to('account', 'UTF8') || '\x00'::bytea || convert_to(email_key, 'UTF8')) from users
                    where organisation = @organisation and id = @subject)
                """,
        },
        new("sessions", $"select (to_jsonb(sessions) - 'organisation' - 'user_id')::text from sessions {Mine} order by created_at, id")
        {
            Delete = $"delete from sessions {Mine}",
        },
        new("api_keys", $"select (to_jsonb(api_keys) - 'organisation' - 'user_id' - 'secret_hash')::text from api_keys {Mine} order by created_at, id")
        {
            Delete = $"delete from api_keys {Mine}",
        },
        new("user_roles", $"select jsonb_build_object('role', role)::text from user_roles {Mine} order by role") { Delete = $"delete from user_roles {Mine}" },
        new("external_accounts", $"select jsonb_build_object('issuer', issuer, 'subject', subject, 'created_at', created_at)::text from external_accounts {Mine} order by issuer, subject")
        {
            Delete = $"delete from external_accounts {Mine}",
        },
        new("person_keys", null) { Delete = $"delete from person_keys {Mine}" },
        new("audit_events_before_chain",
            """
            select (to_jsonb(audit_events_before_chain) - 'organisation')::text from audit_events_before_chain
            where organisation = @organisation and (actor = @subject or target = @subject) order by sequence
            """)
        {
            Pseudonymise =
                """
                update audit_events_before_chain set address = null, actor = case when actor = @subject then @pseudonym else actor end,
                    target = case when target = @subject then @pseudonym else target end
                where organisation = @organisation and (actor = @subject or target = @subject)
                """,
        },
        new("exports", null)
        {
            Delete =
                """
                delete from privacy_operations
                where organisation = @organisation and kind = 'export' and subject_hash = sha256(subject_salt || convert_to(@subject, 'UTF8'))
                """,
        },
        new("privacy_operations",
            """
            select jsonb_build_object('kind', kind, 'created_at', created_at, 'done_at', done_at, 'requested_by', requested_by)::text from privacy_operations
            where organisation = @organisation
                and (requested_by = @subject or subject_hash = sha256(subject_salt || convert_to(@subject, 'UTF8'))) order by created_at
            """)
        {
            Pseudonymise = "update privacy_operations set requested_by = @pseudonym where organisation = @organisation and requested_by = @subject",
        },
        new("users",
            """
            select (to_jsonb(users) - 'organisation' - 'password_hash' - 'email_key' - 'tokens_from')::text from users
            where organisation = @organisation and id = @subject
            """)
        {
            Delete = "delete from users where organisation = @organisation and id = @subject",
        },
    ];

    public async Task ExportAsync(DataSubject subject, bool visibleOnly, SectionWriter writer, CancellationToken cancellationToken)
    {
        await tables.ExportAsync(subject, Tables, writer, cancellationToken);
        await ExportAuditAsync(subject, writer, cancellationToken);
        await writer.FlushAsync(cancellationToken);
    }

    public async Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken)
    {
        // As every administrative change does, before any other lock.
        const string Lock = "select 1 from organisations where id = @organisation for no key update";
        var found = await tables.EraseAsync(order, Tables, Lock, cancellationToken);
        return new ErasureReport(await tables.ReportAsync(order.RequestId, cancellationToken), found);
    }

    private async Task ExportAuditAsync(DataSubject subject, SectionWriter writer, CancellationToken cancellationToken)
    {
        await writer.BeginAsync("audit_events", cancellationToken);
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"select set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new() { Value = subject.Organisation } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select (to_jsonb(e) - 'organisation' - 'previous_hash' - 'hash')::text, k.key
            from audit_events e left join person_keys k on k.organisation = e.organisation and k.user_id = $2
            where e.organisation = $1 and (e.actor = $2 or e.target = $2) order by e.sequence
            """)
        {
            Parameters = { new() { Value = subject.Organisation }, new() { Value = subject.Id } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var json = reader.GetString(0);
            if (!reader.IsDBNull(1)) json = Opened(json, reader.GetFieldValue<byte[]>(1));
            await writer.WriteLineAsync(json, cancellationToken);
        }
    }

    /// <summary>The record with what is sealed under this person's key in plain; what belongs to others stays sealed.</summary>
    private static string Opened(string json, byte[] key)
    {
        var record = JsonNode.Parse(json)!;
        if (record["address"]?.GetValue<string>() is { } address && PersonKeys.OpenAddress(key, address) is { } opened) record["address"] = opened;
        if (record["detail"] is JsonObject details)
        {
            foreach (var (name, value) in details.ToArray())
                if (value?.GetValue<string>() is { } text && PersonKeys.OpenDetail(key, text) is { } detail) details[name] = detail;
        }

        return record.ToJsonString();
    }
}
