using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace AiMesh.IoTIngest.Ingest;

internal sealed class IngestGrpcService(IngestPipeline pipeline, DeviceDirectory directory, DeviceConnections connections) : Iot.V1.Ingest.IngestBase
{
    private const string Source = "rpc";

    public override async Task<IngestReadingsResponse> IngestReadings(IngestReadingsRequest request, ServerCallContext context)
    {
        var device = (await FindDeviceAsync(request.DeviceId, context, context.CancellationToken)).OrThrow();
        return (await pipeline.IngestAsync(device, request, Source, context.CancellationToken)).OrThrow();
    }

    public override async Task StreamReadings(
        IAsyncStreamReader<IngestReadingsRequest> requestStream, IServerStreamWriter<IngestReadingsResponse> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var isRevoked = false;
        using var connection = await FollowAsync(context, CutOff);
        try
        {
            await OrderedReplies.RunAsync(requestStream, responseStream, request => AnswerAsync(request, context, ended.Token), ended.Token);
        }
        catch (OperationCanceledException) when (Volatile.Read(ref isRevoked))
        {
            throw new Unauthenticated("DEVICE_REVOKED").ToRpcException();
        }

        void CutOff()
        {
            Volatile.Write(ref isRevoked, true);
            ended.Cancel();
        }
    }

    private async Task<Result<IngestReadingsResponse>> AnswerAsync(IngestReadingsRequest request, ServerCallContext context, CancellationToken cancellationToken)
    {
        var principal = context.GetPrincipal();
        if (principal.Kind != PrincipalKind.Device && !principal.Allows($"iot:ingest:{request.DeviceId}"))
            return new PermissionDenied($"iot:ingest:{request.DeviceId}");

        var device = await FindDeviceAsync(request.DeviceId, context, cancellationToken);
        return device.TryGet(out var known, out var error) ? await pipeline.IngestAsync(known, request, Source, cancellationToken) : error;
    }

    /// <summary>A device's own connection ends when it is revoked; a person's does not hang on any device.</summary>
    private async ValueTask<IDisposable?> FollowAsync(ServerCallContext context, Action close)
    {
        if (context.GetHttpContext().Features.Get<KnownDevice>() is not { } device)
            return null;

        return await connections.OpenAsync(device, close, context.CancellationToken) ?? throw new Unauthenticated("DEVICE_REVOKED").ToRpcException();
    }

    private async ValueTask<Result<KnownDevice>> FindDeviceAsync(string id, ServerCallContext context, CancellationToken cancellationToken)
    {
        if (id.Length == 0)
            return new InvalidField("device_id", "required");

        if (context.GetHttpContext().Features.Get<KnownDevice>() is { } self)
            return self.Id == id ? self : new DeviceMismatch();

        return await directory.FindAsync(context.GetPrincipal().Organisation, id, cancellationToken) is { } device ? device : new NotFound("device", id);
    }
}
