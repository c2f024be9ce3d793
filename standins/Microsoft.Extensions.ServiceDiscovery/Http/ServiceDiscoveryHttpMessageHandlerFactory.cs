namespace Microsoft.Extensions.ServiceDiscovery.Http;

internal sealed class ServiceDiscoveryHttpMessageHandlerFactory(HttpServiceResolver resolver) : IServiceDiscoveryHttpMessageHandlerFactory
{
    public HttpMessageHandler CreateHandler(HttpMessageHandler handler)
        => new ResolvingHttpDelegatingHandler(resolver) { InnerHandler = handler };
}
