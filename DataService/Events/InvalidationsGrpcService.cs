using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Events;

/// <summary>Tells services which datasets changed.</summary>
internal sealed class InvalidationsGrpcService(EventStore store, EventHub hub, WatchSettings settings) : Invalidations.InvalidationsBase
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    public override async Task WatchInvalidations(
        WatchInvalidationsRequest request, IServerStreamWriter<WatchInvalidationsResponse> responseStream, ServerCallContext context)
    {
        // Whoever has a token comes through a door for people. The names of all organisations' datasets are for none of them.
        if (context.RequestHeaders.Any(static header => header.Key == "authorization")) throw new ServicesOnly().ToRpcException();
        using var subscription = hub.SubscribeToAll();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, settings.Stopping);
        try
        {
            var position = await store.PublishAsync(ended.Token);
            await responseStream.WriteAsync(new WatchInvalidationsResponse { Position = position }, ended.Token);
            while (true)
            {
                var isWoken = await subscription.WaitAsync(Heartbeat, ended.Token);
                var (datasets, isKnown) = isWoken ? await store.ChangedAfterAsync(position, ended.Token) : ([], true);
                position = datasets.Count == 0 ? position : datasets[^1].Position;
                await responseStream.WriteAsync(
                    new WatchInvalidationsResponse
                    {
                        Position = position,
                        All = !isKnown,
                        Datasets = { datasets.Select(static d => new WatchInvalidationsResponse.Types.ChangedDataset { Organisation = d.Organisation, Dataset = d.Dataset, Version = d.Position }) },
                    },
                    ended.Token);
            }
        }
        catch (OperationCanceledException) when (settings.Stopping.IsCancellationRequested)
        {
            throw new Unavailable("this replica").ToRpcException();
        }
    }
}

/// <summary>The call is for services in their own name: PERMISSION_DENIED, reason SERVICES_ONLY.</summary>
internal sealed record ServicesOnly() : MeshError(StatusCode.PermissionDenied, "SERVICES_ONLY", "This call is for services of the mesh, and carries nobody's token.");
