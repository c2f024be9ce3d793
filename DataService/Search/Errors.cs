using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Search;

/// <summary>The caller sees no searchable field. Hidden ones make no difference.</summary>
internal sealed record NotSearchable() : MeshError(StatusCode.FailedPrecondition, "NOT_SEARCHABLE", "The dataset has no searchable field.");

/// <summary>Items that were written before the call are not indexed yet.</summary>
internal sealed record IndexBuilding : MeshError
{
    public IndexBuilding()
        : base(StatusCode.Unavailable, "INDEX_BUILDING", "The index of the dataset is being built; try again.") => RetryAfter = TimeSpan.FromSeconds(2);
}

/// <summary>The store of the dataset's vectors cannot be asked, and there are too many to compare them all (<see cref="SearchOptions.MaxScan"/>).</summary>
internal sealed record SearchStoreUnavailable : MeshError
{
    public SearchStoreUnavailable()
        : base(StatusCode.Unavailable, "SEARCH_STORE_UNAVAILABLE", "The search store of the dataset cannot be reached now; searches by words alone (vector_weight 0) are answered.") => RetryAfter = TimeSpan.FromSeconds(10);
}

/// <summary>The index takes more memory than <see cref="SearchOptions.MemoryMegabytes"/>.</summary>
internal sealed record IndexTooLarge() : MeshError(StatusCode.FailedPrecondition, "INDEX_TOO_LARGE", "The dataset has more text than this deployment searches in memory.");
