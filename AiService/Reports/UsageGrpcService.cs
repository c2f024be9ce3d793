using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.AiService.Reports;

internal sealed class UsageGrpcService(UsageStore store, TimeProvider time) : UsageReports.UsageReportsBase
{
    private const int DefaultDays = 30;
    private const int MaxDays = 366;
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 1000;

    public override async Task<GetUsageResponse> GetUsage(GetUsageRequest request, ServerCallContext context)
    {
        var end = request.EndTime?.ToDateTimeOffset() ?? time.GetUtcNow();
        var start = request.StartTime?.ToDateTimeOffset() ?? end.AddDays(-DefaultDays);
        if (start >= end)
            throw new InvalidField("start_time", "must be before end_time.").ToRpcException();
        if (end - start > TimeSpan.FromDays(MaxDays))
            throw new InvalidField("start_time", $"must be at most {MaxDays} days before end_time.").ToRpcException();

        var principal = context.GetPrincipal();
        var subject = principal.Permissions.Allows("ai:usage:read:all") ? null : principal.Subject;
        return await store.SumAsync(principal.Organisation, subject, start, end, request.GroupBy, context.CancellationToken);
    }

    public override async Task<ListCallsResponse> ListCalls(ListCallsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
            throw new InvalidField("page_size", $"must lie between 1 and {MaxPageSize}; 0 means {DefaultPageSize}.").ToRpcException();
        var after = Guid.Empty;
        if (request.PageToken.Length > 0 && !Guid.TryParseExact(request.PageToken, "N", out after))
            throw new InvalidField("page_token", "is not one that this service gave.").ToRpcException();

        var principal = context.GetPrincipal();
        var subject = principal.Permissions.Allows("ai:audit:read:all") ? null : principal.Subject;
        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var calls = await store.ListAsync(principal.Organisation, subject, after == Guid.Empty ? null : after, size + 1, context.CancellationToken);
        var response = new ListCallsResponse { Calls = { calls.Take(size) } };
        if (calls.Count > size)
            response.NextPageToken = Guid.Parse(calls[size - 1].Id).ToString("N");
        return response;
    }
}
