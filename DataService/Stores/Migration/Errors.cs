using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>The dataset cannot be moved there as it is.</summary>
internal sealed record MigrationRefused : MeshError
{
    public MigrationRefused(IReadOnlyCollection<FieldViolation> obstacles)
        : base(StatusCode.FailedPrecondition, "MIGRATION_REFUSED", $"The dataset cannot be moved there: {obstacles.First().Description}.") => Violations = [.. obstacles];
}

/// <summary>It is too late to give the move up.</summary>
internal sealed record AlreadySwitched() : MeshError(
    StatusCode.FailedPrecondition, "ALREADY_SWITCHED", "The dataset is in its new store already; to take it back, move it again.");
