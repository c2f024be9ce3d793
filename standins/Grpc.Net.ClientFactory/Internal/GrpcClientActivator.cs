using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Makes clients by their constructor over a <see cref="CallInvoker"/>; looked up once.</summary>
internal sealed class GrpcClientActivator<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(IServiceProvider services)
    where TClient : class
{
    private readonly Lazy<ObjectFactory<TClient>> _create = new(() => ActivatorUtilities.CreateFactory<TClient>([typeof(CallInvoker)]));

    public TClient Create(CallInvoker invoker) => _create.Value(services, [invoker]);
}
