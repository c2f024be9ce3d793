using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Audit;

/// <summary>Has the sealer chain what has come, again and again.</summary>
internal sealed class AuditPump(AuditSealer sealer, IOptions<AuditOptions> options, TimeProvider clock, ILogger<AuditPump> logger)
    : RecurringWork("Chaining accesses", options.Value.SealInterval, clock, logger)
{
    // What is in the inbox when this replica ends is chained after the next start, or by another replica.
    protected override Task WorkAsync(CancellationToken cancellationToken) => sealer.SealAsync(wait: false, cancellationToken);
}
