using System.Diagnostics;
using System.Text.Json;
using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.Audit;

/// <summary>Writes audit events in the transaction of the act: both are kept or neither.</summary>
internal static class AuditLog
{
    public static Task WriteAsync(this AuthTransaction transaction, AuditEvent entry, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            insert into audit_events (organisation, actor, action, target, address, trace_id, detail)
            values (nullif(@Organisation, ''), @Actor, @Action, @Target, @Address, @TraceId, @Detail::jsonb)
            """,
            new
            {
                transaction.Organisation,
                entry.Actor,
                entry.Action,
                entry.Target,
                entry.Address,
                TraceId = Activity.Current?.TraceId.ToHexString(),
                Detail = JsonSerializer.Serialize(entry.Detail),
            },
            cancellationToken);
}
