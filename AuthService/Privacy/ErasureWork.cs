using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.AuthService.Privacy;

/// <summary>Erases a person from one service after the other, and signs the receipt when all have.</summary>
internal sealed class ErasureWork(AuthDatabase database, MeshPersonalData mesh, SubjectSeal seal, StepRunner steps, Receipts receipts)
{
    /// <summary>A service is done when a call finds nothing any more. What was under way when the person's tokens ended is over by then.</summary>
    private const int MaxPasses = 5;

    public async Task RunAsync(string organisation, string id, CancellationToken cancellationToken)
    {
        if (await ReadAsync(organisation, id, cancellationToken) is not ({ DoneAt: null } operation, var state)) return;

        var order = new ErasureOrder(id, seal.Open(operation), operation.Pseudonym!);
        var isComplete = true;
        foreach (var step in state.Where(static step => step.DoneAt is null))
        {
            // The account goes last: until everything else is gone it keeps the address from being registered anew.
            if (step.Service == Microsoft.Extensions.Hosting.PersonalDataExtensions.Authority && !isComplete) return;
            isComplete &= await steps.TryAsync(operation, step.Service, () => EraseAsync(operation, step.Service, order, cancellationToken), cancellationToken);
        }

        if (isComplete) await FinishAsync(operation, order, cancellationToken);
    }

    private async Task EraseAsync(PrivacyOperation operation, string service, ErasureOrder order, CancellationToken cancellationToken)
    {
        var data = mesh.Of(service);
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            var report = await data.EraseAsync(order, cancellationToken);
            if (report.Found > 0) continue;
            await using var transaction = await database.BeginAsync(operation.Organisation, cancellationToken);
            await PrivacyStore.FinishStepAsync(transaction, operation.Id, service, report.Stores, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return;
        }

        throw new MeshException(new Aborted("STILL_WRITTEN", "Something still writes for the person."));
    }

    private async Task FinishAsync(PrivacyOperation operation, ErasureOrder order, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(operation.Organisation, cancellationToken);
        var done = await PrivacyStore.ListStepsAsync(transaction, operation.Id, cancellationToken);
        var receipt = await receipts.SignAsync(transaction, operation, done, cancellationToken);
        await PrivacyStore.FinishAsync(transaction, operation.Id, lifetime: null, receipt, cancellationToken);

        // The record keeps the receipt from being replaced later, and names the person as the chain always did: by an id that nothing leads to.
        await transaction.WriteAsync(
            new AuditEntry("user.erased", null, order.Subject.Id) { Detail = new Dictionary<string, string> { ["receipt_sha256"] = Receipts.Fingerprint(receipt) } },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<(PrivacyOperation?, IReadOnlyList<PrivacyStep>)> ReadAsync(string organisation, string id, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(organisation, cancellationToken);
        return (
            await PrivacyStore.FindAsync(transaction, PrivacyOperation.Erasure, id, cancellationToken),
            await PrivacyStore.ListStepsAsync(transaction, id, cancellationToken));
    }
}
