using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Privacy;

/// <summary>Collects what each service keeps about a person into the archive.</summary>
internal sealed class ExportWork(AuthDatabase database, MeshPersonalData mesh, SubjectSeal seal, StepRunner steps, IOptions<PrivacyOptions> options)
{
    public async Task RunAsync(string organisation, string id, CancellationToken cancellationToken)
    {
        PrivacyOperation? operation;
        IReadOnlyList<PrivacyStep> state;
        await using (var transaction = await database.BeginAsync(organisation, cancellationToken))
        {
            operation = await PrivacyStore.FindAsync(transaction, PrivacyOperation.Export, id, cancellationToken);
            state = await PrivacyStore.ListStepsAsync(transaction, id, cancellationToken);
        }

        if (operation is not { DoneAt: null }) return;
        var subject = seal.Open(operation);
        var isComplete = true;
        foreach (var step in state.Where(static step => step.DoneAt is null))
            isComplete &= await steps.TryAsync(operation, step.Service, () => CollectAsync(operation, step.Service, subject, cancellationToken), cancellationToken);
        if (!isComplete) return;

        await using var end = await database.BeginAsync(organisation, cancellationToken);
        await PrivacyStore.FinishAsync(end, id, options.Value.ArchiveLifetime, receipt: null, cancellationToken);
        await end.CommitAsync(cancellationToken);
    }

    private async Task CollectAsync(PrivacyOperation operation, string service, DataSubject subject, CancellationToken cancellationToken)
    {
        var part = new ArchivePart(database, operation, service, seal.KeyOf(operation.KeyVersion, ArchivePart.Purpose));
        await part.BeginAsync(cancellationToken);
        await mesh.Of(service).ExportAsync(subject, operation.VisibleOnly, new SectionWriter(part.TakeAsync), cancellationToken);
        await part.FinishAsync(cancellationToken);
    }
}
