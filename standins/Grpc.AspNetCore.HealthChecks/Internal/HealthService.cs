using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>Serves <c>grpc.health.v1.Health</c> from ASP.NET Core's health checks.</summary>
internal sealed class HealthService(
    StatusBoard board,
    HealthCheckService checks,
    IOptions<GrpcHealthChecksOptions> options,
    IOptions<HealthCheckOptions> checkOptions,
    IHostApplicationLifetime lifetime) : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var status = await FindAsync(request.Service, context.CancellationToken) ?? throw new RpcException(new Status(StatusCode.NotFound, ""));
        return new HealthCheckResponse { Status = status };
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // Watching starts before the first look, so that no change falls in between.
        using var watcher = board.Watch(request.Service);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken,
            options.Value.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping);
        var sent = await FindAsync(request.Service, context.CancellationToken) ?? ServingStatus.ServiceUnknown;
        await responseStream.WriteAsync(new HealthCheckResponse { Status = sent }, context.CancellationToken);
        try
        {
            await foreach (var status in watcher.Channel.Reader.ReadAllAsync(stopping.Token))
            {
                if (status != sent)
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = sent = status }, context.CancellationToken);
            }
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            // The server is stopping: whoever watches should go elsewhere.
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing }, context.CancellationToken);
        }
    }

    private async Task<ServingStatus?> FindAsync(string service, CancellationToken cancellationToken)
    {
        if (options.Value.UseHealthChecksCache)
            return board.Find(service);
        if (options.Value.Services.Find(service) is not { } mapping)
            return null;
        var report = await checks.CheckHealthAsync(
            check => (checkOptions.Value.Predicate?.Invoke(check) ?? true)
                && (mapping.HealthCheckPredicate?.Invoke(new HealthCheckMapContext(check.Name, check.Tags)) ?? true),
            cancellationToken);
        return ServiceStatus.Of(report.Entries.Values);
    }
}
