using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Transient, so that the services it hands to client interceptors are those of the current scope.</summary>
internal sealed class DefaultGrpcClientFactory(
    IServiceProvider services,
    GrpcChannelCache channels,
    IOptionsMonitor<GrpcClientFactoryOptions> optionsMonitor) : GrpcClientFactory
{
    public override TClient CreateClient<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(name);
        var activator = services.GetService<GrpcClientActivator<TClient>>()
            ?? throw new InvalidOperationException($"No gRPC client configured with name '{name}'.");
        var invoker = channels.GetInvoker(name, typeof(TClient));
        var options = optionsMonitor.Get(name);
        invoker = InterceptorChain.Build(invoker, options, InterceptorScope.Client, services);
        if (options.CallOptionsActions.Count > 0)
            invoker = new CallOptionsInvoker(invoker, options.CallOptionsActions, services);
        if (options.Creator is null)
            return activator.Create(invoker);
        return options.Creator(invoker) switch
        {
            TClient client => client,
            null => throw new InvalidOperationException("A null instance was returned by the configured client creator."),
            var other => throw new InvalidOperationException(
                $"The {other.GetType().FullName} instance returned by the configured client creator is not compatible with {typeof(TClient).FullName}."),
        };
    }
}
