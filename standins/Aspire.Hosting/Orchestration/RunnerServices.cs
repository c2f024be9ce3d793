using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>What every runner needs of the application.</summary>
internal sealed record RunnerServices(
    IDistributedApplicationBuilder Builder,
    IServiceProvider Services,
    ResourceNotificationService Notifications,
    ResourceLoggerService Logs,
    HealthCheckService HealthChecks)
{
    public IDistributedApplicationEventing Eventing => Builder.Eventing;

    public void Log(ResourceInstance instance, string message, bool isError = false) => Logs.Append(instance.Id, message, isError);
}
