using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Items;

/// <summary>
/// No row rule lets the caller do this to the row, or a field they don't see would be missing. Says no more than that: which condition
/// failed would tell about values.
/// </summary>
internal sealed record RowDenied(string Action)
    : MeshError(StatusCode.PermissionDenied, "ROW_DENIED", $"No row rule of the dataset lets you {Action} such an item.");

/// <summary>Others changed the same item again and again while this call tried to.</summary>
internal sealed record ItemBusy()
    : MeshError(StatusCode.Aborted, "ITEM_BUSY", "The item is being changed by others; try again.");

/// <summary>This replica streams to as many readers as it may. Not RESOURCE_EXHAUSTED: it is the service that is at its limit, not the caller at theirs.</summary>
internal sealed record TooManyStreams : MeshError
{
    public TooManyStreams()
        : base(StatusCode.Unavailable, "TOO_MANY_STREAMS", "Too many exports and queries are being streamed at this moment; try again shortly.") => RetryAfter = TimeSpan.FromSeconds(2);
}
