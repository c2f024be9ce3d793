using System.Collections.Immutable;
using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Usage;

/// <summary>aimesh.ai.v1.UsageReports.</summary>
internal sealed class UsageGrpcService(UsageStore store, IOptions<RoutingOptions> routing, TimeProvider time) : UsageReports.UsageReportsBase
{
    private const string EverybodysUsage = "ai:usage:read:all";
    private const string EverybodysCalls = "ai:audit:read:all";
    private const int DefaultPage = 50;
    private const int LargestPage = 1000;
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(366);

    public override async Task<GetUsageResponse> GetUsage(GetUsageRequest request, ServerCallContext context)
    {
        var scope = ScopeOf(request, context.GetPrincipal()).OrThrow();
        var groups = await (request.GroupBy switch
        {
            GetUsageRequest.Types.GroupBy.Model => store.ByModelAsync(scope, context.CancellationToken),
            GetUsageRequest.Types.GroupBy.User => store.BySubjectAsync(scope, context.CancellationToken),
            _ => store.ByDayAsync(scope, context.CancellationToken),
        });

        var total = new UsageGroup(
            "", groups.Sum(g => g.Calls), groups.Sum(g => g.Input), groups.Sum(g => g.Output), groups.Sum(g => g.CachedInput), groups.Sum(g => g.Reasoning), groups.Sum(g => g.Cost));
        var response = new GetUsageResponse { Total = TotalsOf(total) };
        response.Groups.AddRange(groups.Select(g => new GetUsageResponse.Types.Group { Key = g.Key, Totals = TotalsOf(g) }));
        return response;
    }

    public override async Task<ListCallsResponse> ListCalls(ListCallsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > LargestPage) throw new InvalidField("page_size", $"1 to {LargestPage}, or 0 for {DefaultPage}.").ToRpcException();

        var caller = context.GetPrincipal();
        var subject = caller.Allows(EverybodysCalls) ? null : caller.Subject;

        // A page begins behind the last call of the page before; only a call that the caller sees can be named.
        Guid? before = null;
        if (request.PageToken.Length > 0)
        {
            if (!Guid.TryParseExact(request.PageToken, "N", out var last) || !await store.ExistsAsync(caller.Organisation, subject, last, context.CancellationToken))
                throw new InvalidField("page_token", "Not a token of this list.").ToRpcException();
            before = last;
        }

        var size = request.PageSize == 0 ? DefaultPage : request.PageSize;
        var calls = await store.CallsAsync(caller.Organisation, subject, before, size + 1, context.CancellationToken);
        var response = new ListCallsResponse { NextPageToken = calls.Count > size ? calls[size - 1].Id.ToString("N") : "" };
        response.Calls.AddRange(calls.Take(size).Select(ToProto));
        return response;
    }

    private Result<UsageScope> ScopeOf(GetUsageRequest request, Principal caller)
    {
        var violations = ImmutableArray.CreateBuilder<FieldViolation>();
        var end = Read(request.EndTime, "end_time", violations) ?? time.GetUtcNow();
        var start = Read(request.StartTime, "start_time", violations) ?? end - DefaultSpan;
        if (violations.Count == 0 && start >= end) violations.Add(new FieldViolation("start_time", "Before end_time."));
        if (violations.Count == 0 && end - start > LongestSpan) violations.Add(new FieldViolation("end_time", "At most 366 days after start_time."));
        if (!System.Enum.IsDefined(request.GroupBy)) violations.Add(new FieldViolation("group_by", "DAY, MODEL or USER."));
        if (violations.Count > 0) return new InvalidFields(violations.ToImmutable());
        return new UsageScope(caller.Organisation, caller.Allows(EverybodysUsage) ? null : caller.Subject, start, end);
    }

    private static DateTimeOffset? Read(Timestamp? timestamp, string field, ImmutableArray<FieldViolation>.Builder violations)
    {
        if (timestamp is null) return null;
        if (timestamp.Seconds is >= -62_135_596_800 and <= 253_402_300_799 && timestamp.Nanos is >= 0 and <= 999_999_999) return timestamp.ToDateTimeOffset();
        violations.Add(new FieldViolation(field, "Between 0001-01-01 and 9999-12-31."));
        return null;
    }

    private GetUsageResponse.Types.Totals TotalsOf(UsageGroup group) => new()
    {
        Calls = group.Calls,
        Usage = group.Tokens.ToProto(),
        Cost = Amounts.Money(group.Cost, routing.Value.Currency),
    };

    private static Call ToProto(AuditedCall call)
    {
        var proto = new Call
        {
            Id = call.Id.ToString(),
            Time = Timestamp.FromDateTime(DateTime.SpecifyKind(call.Started, DateTimeKind.Utc)),
            Subject = call.Subject,
            Operation = call.Operation,
            Model = call.Model,
            PromptSha256 = call.PromptHash is null ? "" : Convert.ToHexStringLower(call.PromptHash),
            AnswerSha256 = call.AnswerHash is null ? "" : Convert.ToHexStringLower(call.AnswerHash),
            Usage = call.Tokens.ToProto(),
            Cost = Amounts.Money(call.Cost, call.Currency),
            DurationMs = call.DurationMs,
            Outcome = call.Outcome,
        };
        proto.Attempts.AddRange(call.Attempts);
        proto.Guards.AddRange(call.Guards);
        return proto;
    }
}
