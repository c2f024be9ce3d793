using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Endpoints;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Health;
using Aspire.Hosting.State;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts the whole application, as parallel as its waits allow, and stops it the other way round.</summary>
internal sealed class Orchestrator(
    IDistributedApplicationBuilder builder,
    IServiceProvider services,
    DistributedApplicationModel model,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    HealthCheckService healthChecks) : IHostedService, IDisposable
{
    private readonly RunnerServices _runnerServices = new(builder, services, notifications, logs, healthChecks);
    private readonly List<TcpProxy> _proxies = [];
    private ResourceRunner[] _runners = [];

    /// <summary>The processes of the application.</summary>
    public IEnumerable<ResourceRunner> Runners => _runners;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // First of all, and by this one only: whatever comes next may write there.
        _ = StateFolder.Of(builder);
        await builder.Eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken);
        WaitCycles.ThrowIfAny(model.Resources);
        HttpProbe.ThrowIfNowhere(model.Resources);
        await AllocateAsync(cancellationToken);

        _runners = [.. model.Resources.SelectMany(CreateRunners)];
        foreach (var runner in _runners)
        {
            await notifications.PublishUpdateAsync(
                runner.Instance.Resource,
                runner.Instance.Id,
                snapshot => snapshot with { State = new ResourceStateSnapshot(KnownResourceStates.NotStarted, KnownResourceStateStyles.Info) });
        }

        foreach (var resource in model.Resources)
        {
            await builder.Eventing.PublishAsync(
                new InitializeResourceEvent(resource, builder.Eventing, logs, notifications, services),
                EventDispatchBehavior.NonBlockingSequential,
                cancellationToken);
        }

        foreach (var runner in _runners)
            runner.Begin();
    }

    /// <summary>A resource stops when all who waited for it or refer to it have stopped.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var stops = new Dictionary<IResource, Task>();
        var open = new HashSet<IResource>();
        await Task.WhenAll(model.Resources.Select(Stop));
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();

        Task Stop(IResource resource)
        {
            if (stops.TryGetValue(resource, out var stop))
                return stop;

            // Unlike waits, references may go round in a circle, of which somebody has to stop first.
            if (!open.Add(resource))
                return Task.CompletedTask;

            return stops[resource] = StopAfterAsync(resource, [.. model.Resources.Where(other => Uses(other, resource)).Select(Stop)]);
        }

        async Task StopAfterAsync(IResource resource, Task[] dependents)
        {
            await Task.WhenAll(dependents);
            await Task.WhenAll(_runners.Where(runner => runner.Instance.Resource == resource).Select(runner => runner.ShutdownAsync()));
        }
    }

    public void Dispose()
    {
        foreach (var runner in _runners)
            runner.Dispose();
    }

    private static bool Uses(IResource user, IResource used) =>
        WaitCycles.Needs(user).Contains(used) || user.Annotations.OfType<ReferenceAnnotation>().Any(reference => reference.Resource == used);

    private async Task AllocateAsync(CancellationToken cancellationToken)
    {
        var allocator = new EndpointAllocator(builder);
        foreach (var resource in model.Resources)
        {
            if (resource is IResourceWithEndpoints listening)
            {
                allocator.Allocate(listening);
                foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
                {
                    if (TcpProxy.StartIfNeeded(endpoint) is { } proxy)
                        _proxies.Add(proxy);
                }

                await builder.Eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, services), cancellationToken);
            }
        }

        foreach (var resource in model.Resources.OfType<IResourceWithConnectionString>())
            await builder.Eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, services), cancellationToken);
    }

    private IEnumerable<ResourceRunner> CreateRunners(IResource resource)
    {
        var instances = ResourceInstance.Of(resource).ToArray();
        var gate = new ReadyGate(
            instances.Length, token => builder.Eventing.PublishAsync(new ResourceReadyEvent(resource, services), token));
        return instances.Select(instance => new ResourceRunner(instance, gate, _runnerServices));
    }
}
