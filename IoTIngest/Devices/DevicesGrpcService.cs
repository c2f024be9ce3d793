using System.Text;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.IoTIngest.Devices;

internal sealed class DevicesGrpcService(DeviceStore store, DeviceDirectory directory, DeviceConnections connections, TimeProvider time)
    : Iot.V1.Devices.DevicesBase
{
    private const int DefaultPageSize = 50;
    private const int LargestPageSize = 1000;
    private static readonly TimeSpan OnlineFor = TimeSpan.FromMinutes(5);

    public override async Task<CreateDeviceResponse> CreateDevice(CreateDeviceRequest request, ServerCallContext context)
    {
        var caller = context.GetPrincipal();
        var device = DeviceValidation.ForCreation(request).OrThrow();
        var credential = DeviceCredential.Create(caller.Organisation);
        var record = await store.InsertAsync(caller.Organisation, request.DeviceId, device, credential, caller.Subject, context.CancellationToken)
            ?? throw new AlreadyExists("device", request.DeviceId).ToRpcException();
        return new CreateDeviceResponse { Device = ToProto(record), Credential = credential.Text };
    }

    public override async Task<Device> GetDevice(GetDeviceRequest request, ServerCallContext context) =>
        ToProto(await store.FindAsync(context.GetPrincipal().Organisation, Named(request.Device), context.CancellationToken) ?? throw Missing(request.Device));

    public override async Task<ListDevicesResponse> ListDevices(ListDevicesRequest request, ServerCallContext context)
    {
        var organisation = context.GetPrincipal().Organisation;
        if (request.PageSize is < 0 or > LargestPageSize)
            throw new InvalidField("page_size", $"expected 1 to {LargestPageSize}, or 0 for {DefaultPageSize}").ToRpcException();

        var scope = $"devices {organisation}";
        var after = "";
        if (request.PageToken.Length > 0)
        {
            if (!PageToken.TryRead(request.PageToken, scope, out var position))
                throw new InvalidField("page_token", "not a token of this list").ToRpcException();
            after = Encoding.UTF8.GetString(position);
        }

        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var records = await store.ListAsync(organisation, after, size + 1, context.CancellationToken);
        var response = new ListDevicesResponse { Devices = { records.Take(size).Select(ToProto) } };
        if (records.Count > size)
            response.NextPageToken = PageToken.Write(scope, Encoding.UTF8.GetBytes(records[size - 1].Id));
        return response;
    }

    public override async Task<Device> UpdateDevice(UpdateDeviceRequest request, ServerCallContext context)
    {
        var change = DeviceValidation.ForUpdate(request).OrThrow();
        return ToProto(await store.UpdateAsync(context.GetPrincipal().Organisation, Named(request.DeviceId, "device_id"), change, context.CancellationToken) ?? throw Missing(request.DeviceId));
    }

    public override async Task<Device> RevokeDevice(RevokeDeviceRequest request, ServerCallContext context)
    {
        var organisation = context.GetPrincipal().Organisation;
        var record = await store.RevokeAsync(organisation, Named(request.Device), context.CancellationToken) ?? throw Missing(request.Device);
        await CutOffAsync(organisation, request.Device);
        return ToProto(record);
    }

    public override async Task<RotateCredentialResponse> RotateCredential(RotateCredentialRequest request, ServerCallContext context)
    {
        var organisation = context.GetPrincipal().Organisation;
        var credential = DeviceCredential.Create(organisation);
        var record = await store.RotateAsync(organisation, Named(request.Device), credential, context.CancellationToken) ?? throw Missing(request.Device);
        await CutOffAsync(organisation, request.Device);
        return new RotateCredentialResponse { Device = ToProto(record), Credential = credential.Text };
    }

    /// <summary>Here at once; the other processes hear of it from the database. Not cancelled with the call: the change is made.</summary>
    private async Task CutOffAsync(string organisation, string id)
    {
        directory.Forget(organisation, id);
        await connections.RecheckAsync(organisation, id, CancellationToken.None);
    }

    private static string Named(string id, string field = "device") =>
        id.Length > 0 ? id : throw new InvalidField(field, "required").ToRpcException();

    private static RpcException Missing(string id) => new NotFound("device", id).ToRpcException();

    private Device ToProto(DeviceRecord record) => new()
    {
        Name = $"devices/{record.Id}",
        Id = record.Id,
        DisplayName = record.DisplayName,
        DeviceType = record.DeviceType,
        Metadata = { record.Metadata.ToDictionary() },
        Groups = { record.Groups },
        State = StateOf(record),
        LastSeenTime = record.LastSeenAt is { } seen ? Timestamp.FromDateTime(seen) : null,
        CreateTime = Timestamp.FromDateTime(record.CreatedAt),
    };

    private Device.Types.State StateOf(DeviceRecord record) => record switch
    {
        { RevokedAt: not null } => Device.Types.State.Revoked,
        { LastSeenAt: null } => Device.Types.State.Registered,
        { LastSeenAt: { } seen } when time.GetUtcNow() - seen <= OnlineFor => Device.Types.State.Online,
        _ => Device.Types.State.Offline,
    };
}
