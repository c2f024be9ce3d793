using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery.Internal;

internal sealed class ServiceEndpointBuilder : IServiceEndpointBuilder
{
    private readonly List<ServiceEndpoint> _endpoints = [];
    private readonly List<IChangeToken> _changeTokens = [];

    public IList<ServiceEndpoint> Endpoints => _endpoints;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public void AddChangeToken(IChangeToken changeToken) => _changeTokens.Add(changeToken);

    public ServiceEndpointSource Build() => new(
        _endpoints,
        _changeTokens switch
        {
            [] => NeverChanges.Instance,
            [var only] => only,
            _ => new CompositeChangeToken(_changeTokens),
        },
        Features);

    private sealed class NeverChanges : IChangeToken
    {
        public static readonly NeverChanges Instance = new();

        public bool HasChanged => false;

        public bool ActiveChangeCallbacks => false;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) => Registration.Instance;

        private sealed class Registration : IDisposable
        {
            public static readonly Registration Instance = new();

            public void Dispose()
            {
            }
        }
    }
}
