using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace AiMesh.DataService.Audit;

/// <summary>
/// Records what callers were refused, by permission or by rule. Around the check of permissions; what rules let through records itself. Answers that
/// say "not found" or "unknown field" are none: there, nothing was refused that exists for the caller.
/// </summary>
internal sealed class DeniedAccesses(AccessLog log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.PermissionDenied)
        {
            await RecordAsync(context, request);
            throw;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.PermissionDenied)
        {
            await RecordAsync(context, request);
            throw;
        }
    }

    /// <summary>Records a refusal by a hand-written HTTP endpoint.</summary>
    public async Task RecordAsync(HttpContext context)
    {
        var what = context.GetEndpoint() is RouteEndpoint route ? $"{context.Request.Method} {route.RoutePattern.RawText}" : context.Request.Method;
        await RecordAsync(context.GetPrincipal(), context.GetRouteValue("dataset") as string, what);
    }

    private Task RecordAsync(ServerCallContext context, object request) =>
        RecordAsync(context.GetHttpContext().GetPrincipal(), (request as IMessage) is { } message ? DatasetOf(message) : null, context.Method);

    // The record is kept also where the caller is gone by now.
    private Task RecordAsync(Principal principal, string? dataset, string what) => principal.IsAuthenticated && principal.Organisation.Length > 0
        ? log.WriteAsync(new AccessEntry(principal, dataset is not null && DefinitionValidator.IsId(dataset) ? dataset : "", 0, "denied", what), 0, CancellationToken.None)
        : Task.CompletedTask;

    private static string? DatasetOf(IMessage request) => request switch
    {
        Data.V1.CreateDatasetRequest create => create.DatasetId,
        Data.V1.UpdateDatasetRequest update => update.Dataset?.Id,
        _ => request.Descriptor.FindFieldByName("dataset")?.Accessor.GetValue(request) as string,
    };
}
