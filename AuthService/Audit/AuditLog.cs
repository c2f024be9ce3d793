using System.Diagnostics;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;

namespace AiMesh.AuthService.Audit;

/// <summary>Writes what was done in the transaction of the act: both are kept or neither. Call it last before the commit.</summary>
internal static class AuditLog
{
    public static async Task WriteAsync(this AuthTransaction transaction, AuditEntry entry, CancellationToken cancellationToken)
    {
        var sealedEntry = await PersonKeys.SealAsync(transaction, entry, cancellationToken);
        await AuditChain.AppendAsync(
            transaction.Connection, transaction.Organisation, sealedEntry with { TraceId = Activity.Current?.TraceId.ToHexString() }, cancellationToken);
    }
}
