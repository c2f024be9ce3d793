using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Live;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.IoTIngest.Readings;

internal sealed class ReadingsGrpcService(ReadingStore store, DeviceStore devices, LiveHub hub, IHostApplicationLifetime lifetime, TimeProvider time)
    : Iot.V1.Readings.ReadingsBase
{
    public override async Task<ListReadingsResponse> ListReadings(ListReadingsRequest request, ServerCallContext context)
    {
        var organisation = context.GetPrincipal().Organisation;
        var query = ReadingRequest.Parse(organisation, request, time.GetUtcNow().UtcDateTime).OrThrow();
        var readings = await store.ListAsync(query, context.CancellationToken);
        if (readings.Count == 0)
            await RequireDeviceAsync(organisation, request.Device, context.CancellationToken);

        var size = ReadingRequest.PageSize(request);
        var response = new ListReadingsResponse { Readings = { readings.Take(size).Select(ToProto) } };
        if (readings.Count > size)
        {
            var last = readings[size - 1];
            response.NextPageToken = Storage.PageToken.Write(
                ReadingRequest.Scope(organisation, request), new ReadingPosition(last.Time, last.Series, last.Place).ToBytes());
        }

        return response;
    }

    public override async Task WatchReadings(WatchReadingsRequest request, IServerStreamWriter<WatchReadingsResponse> responseStream, ServerCallContext context)
    {
        var organisation = context.GetPrincipal().Organisation;
        if (request.Device.Length > 0)
            await RequireDeviceAsync(organisation, request.Device, context.CancellationToken);

        using var subscription = hub.Subscribe(organisation, request.Device);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);

        // The caller learns that from here on nothing is missed.
        await context.WriteResponseHeadersAsync([]);
        try
        {
            while (true)
                await responseStream.WriteAsync(await subscription.TakeAsync(ended.Token), ended.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new Unavailable("this replica").ToRpcException();
        }
    }

    private async Task RequireDeviceAsync(string organisation, string device, CancellationToken cancellationToken)
    {
        if (await devices.FindAsync(organisation, device, cancellationToken) is null)
            throw new NotFound("device", device).ToRpcException();
    }

    private static Reading ToProto(StoredReading reading) => new()
    {
        Metric = reading.Metric,
        Value = reading.Value,
        Time = Timestamp.FromDateTime(reading.Time),
        Anomalous = reading.Anomalous,
    };
}
