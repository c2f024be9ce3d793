using System.Diagnostics;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;

namespace AiMesh.AuthService.Audit;

/// <summary>Writes what was done in the transaction of the act: both are kept or neither. Call it last before the commit.</summary>
internal static class AuditLog
{
    public static Task WriteAsync(this AuthTransaction transaction, AuditEntry entry, CancellationToken cancellationToken) =>
        AuditChain.AppendAsync(
            transaction.Connection, transaction.Organisation, entry with { TraceId = Activity.Current?.TraceId.ToHexString() }, cancellationToken);
}
