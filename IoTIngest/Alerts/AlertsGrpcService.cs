using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Live;
using AiMesh.IoTIngest.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.IoTIngest.Alerts;

internal sealed class AlertsGrpcService(AlertStore store, LiveHub hub, TimeProvider time) : Iot.V1.Alerts.AlertsBase
{
    private const int DefaultPageSize = 50;
    private const int LargestPageSize = 1000;

    public override async Task<ListAlertsResponse> ListAlerts(ListAlertsRequest request, ServerCallContext context)
    {
        var query = Parse(context.GetPrincipal().Organisation, request).OrThrow();
        var alerts = await store.ListAsync(query, context.CancellationToken);
        var size = query.Limit - 1;
        var response = new ListAlertsResponse { Alerts = { alerts.Take(size).Select(static alert => alert.ToProto()) } };
        if (alerts.Count > size)
            response.NextPageToken = PageToken.Write(Scope(query.Organisation, request), new AlertPosition(alerts[size - 1].StartTime, alerts[size - 1].Id).ToBytes());
        return response;
    }

    public override async Task<Alert> AcknowledgeAlert(AcknowledgeAlertRequest request, ServerCallContext context)
    {
        var principal = context.GetPrincipal();
        if (request.Alert.Length == 0)
            throw new InvalidField("alert", "required").ToRpcException();

        // Whatever is no id names no alert.
        var now = time.GetUtcNow().UtcDateTime;
        var alert = Guid.TryParseExact(request.Alert, "D", out var id)
            ? await store.AcknowledgeAsync(principal.Organisation, id, principal.Subject, now, context.CancellationToken)
            : null;
        if (alert is null)
            throw new NotFound("alert", request.Alert).ToRpcException();

        hub.Publish(principal.Organisation, alert);
        return alert.ToProto();
    }

    private static Result<AlertQuery> Parse(string organisation, ListAlertsRequest request)
    {
        List<FieldViolation> faults = [];
        if (request.PageSize is < 0 or > LargestPageSize)
            faults.Add(new FieldViolation("page_size", $"expected 1 to {LargestPageSize}, or 0 for {DefaultPageSize}"));
        if (!Enum.IsDefined(request.State))
            faults.Add(new FieldViolation("state", "expected OPEN, ACKNOWLEDGED, CLOSED or none"));
        if (request.Device.Contains('\0', StringComparison.Ordinal))
            faults.Add(new FieldViolation("device", "not an id of a device"));

        AlertPosition? after = null;
        if (request.PageToken.Length > 0)
        {
            if (PageToken.TryRead(request.PageToken, Scope(organisation, request), out var bytes) && AlertPosition.TryParse(bytes, out var position))
                after = position;
            else
                faults.Add(new FieldViolation("page_token", "not a token of this list, or of other filters"));
        }

        if (faults.Count > 0)
            return new InvalidFields([.. faults]);

        return new AlertQuery(organisation, request.Device, request.State, after, (request.PageSize == 0 ? DefaultPageSize : request.PageSize) + 1);
    }

    private static string Scope(string organisation, ListAlertsRequest request) => $"alerts {organisation} {request.Device} {request.State}";
}
