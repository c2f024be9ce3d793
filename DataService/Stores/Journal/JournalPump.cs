using System.Runtime.ExceptionServices;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Hosting;

namespace AiMesh.DataService.Stores.Journal;

/// <summary>Looks for changes in other stores that a process has left unsettled. Every replica does; each operation is settled by one of them.</summary>
internal sealed class JournalPump(JournalSettler settler, TimeProvider clock, ILogger<JournalPump> logger) : RecurringWork("Settling changes in stores", Interval, clock, logger)
{
    private const int AtOnce = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override bool StartsAtOnce => true;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        // One store that is away, or one change that cannot be settled, is no reason to leave the others.
        ExceptionDispatchInfo? fault = null;
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(await settler.ListAsync(cancellationToken), options, async (operation, token) =>
        {
            try
            {
                await settler.SettleAsync(operation, token);
            }
            catch (Exception exception) when (!token.IsCancellationRequested)
            {
                fault = ExceptionDispatchInfo.Capture(exception);
            }
        });
        fault?.Throw();
    }

    protected override bool IsExpected(Exception exception) => base.IsExpected(exception) || exception is MeshException;
}
