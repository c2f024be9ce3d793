namespace AiMesh.ServiceDefaults.Privacy;

/// <summary>What one service keeps about people: the service itself, or a client of it.</summary>
public interface IPersonalData
{
    /// <summary>Writes everything about a person.</summary>
    /// <param name="subject">Whom it is about.</param>
    /// <param name="visibleOnly">Leave out fields that the person's roles do not see.</param>
    /// <param name="writer">Takes it, as fast as the receiver does.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ExportAsync(DataSubject subject, bool visibleOnly, SectionWriter writer, CancellationToken cancellationToken);

    /// <summary>Erases it; again and again with the same result.</summary>
    Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken);
}

/// <summary>Whom to erase.</summary>
/// <param name="RequestId">Under it the counts of several calls are added up.</param>
/// <param name="Subject">Whom.</param>
/// <param name="Pseudonym">Stands for the person in records that stay.</param>
public sealed record ErasureOrder(string RequestId, DataSubject Subject, string Pseudonym)
{
    /// <summary>What all pseudonyms begin with.</summary>
    public const string PseudonymPrefix = "erased-";
}

/// <summary>What was erased.</summary>
/// <param name="Stores">In all calls with the request id.</param>
/// <param name="Found">Records that this very call changed; 0 when nothing was left.</param>
public sealed record ErasureReport(IReadOnlyList<StoreCount> Stores, long Found);

/// <summary>What was done in one store.</summary>
/// <param name="Store">For example "items/surveys".</param>
/// <param name="Erased">Records that are gone.</param>
/// <param name="Pseudonymised">Records that stay without naming the person.</param>
public sealed record StoreCount(string Store, long Erased, long Pseudonymised);
