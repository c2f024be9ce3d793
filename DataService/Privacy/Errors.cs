using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Privacy;

/// <summary>A store has not confirmed that nothing of the person is left there. Erasures are tried again until it does.</summary>
/// <param name="Whose">For people: whose items or vectors it has.</param>
internal sealed record StoreUnconfirmed(string Whose) : MeshError(
    StatusCode.Unavailable, "STORE_UNAVAILABLE", $"The store of {Whose} does not answer as it should; nothing is said about it until it does.");

/// <summary>What is erased from the one store may have been copied to the other already, or not yet been removed from there.</summary>
internal sealed record DatasetInTwoPlaces(string Dataset) : MeshError(
    StatusCode.Unavailable, "DATASET_MIGRATING", $"The items of the dataset '{Dataset}' are being moved, or not yet removed from where they were.");

/// <summary>The definition changed meanwhile, or somebody else works on the same.</summary>
internal sealed record ErasureBusy() : MeshError(StatusCode.Aborted, "ERASURE_BUSY", "Something that is to be erased is in use; try again.");

/// <summary>What was exported of a dataset may be less than there is.</summary>
internal sealed record ExportOutdated() : MeshError(StatusCode.Aborted, "EXPORT_OUTDATED", "A dataset was redefined or moved during the export; try again.");
