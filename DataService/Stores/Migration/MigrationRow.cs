using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>A move of a dataset as it is kept: all that a replica must know to go on with it.</summary>
internal sealed record MigrationRow(long DatasetId, string Organisation, string Source, string Target, State State)
{
    public long Total { get; init; }

    public long Bytes { get; init; }

    public string Checksum { get; init; } = "";

    public long Copied { get; init; }

    /// <summary>Id of the last item that is in the target; empty: none.</summary>
    public string CopiedTo { get; init; } = "";

    public string Failure { get; init; } = "";

    public string Trouble { get; init; } = "";

    public DateTime StartTime { get; init; }

    public DateTime UpdateTime { get; init; }

    public DateTime? EndTime { get; init; }

    public DatasetMigration ToMessage(string dataset) => new()
    {
        Dataset = dataset,
        Source = Source,
        Target = Target,
        State = State,
        TotalCount = Total,
        TotalBytes = Bytes,
        Checksum = Checksum,
        CopiedCount = Copied,
        Failure = Failure,
        Trouble = Trouble,
        StartTime = Timestamp.FromDateTime(StartTime),
        UpdateTime = Timestamp.FromDateTime(UpdateTime),
        EndTime = EndTime is { } end ? Timestamp.FromDateTime(end) : null,
    };
}
