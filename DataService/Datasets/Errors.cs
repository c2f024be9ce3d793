using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Datasets;

/// <summary>The definition changed while a request worked with it. Requests try again; the caller sees it only where that keeps happening.</summary>
internal sealed record DefinitionChanged() : MeshError(StatusCode.Aborted, "DEFINITION_CHANGED", "The dataset is being redefined; try again.");

/// <summary>What the items hold forbids the change.</summary>
internal sealed record DefinitionConflict : MeshError
{
    public DefinitionConflict(IEnumerable<FieldViolation> violations)
        : base(StatusCode.FailedPrecondition, "DEFINITION_CONFLICT", "The items of the dataset do not allow this change.") => Violations = [.. violations];
}

/// <summary>The items are being moved to another store: they can be read and not written, and their definition stays as it is.</summary>
internal sealed record DatasetMigrating() : MeshError(
    StatusCode.FailedPrecondition, "DATASET_MIGRATING", "The items of the dataset are being moved to another store; until that is done they can be read and nothing can be changed.");
