namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>Puts service discovery before a handler outside of <c>IHttpClientFactory</c>.</summary>
public interface IServiceDiscoveryHttpMessageHandlerFactory
{
    /// <summary>A handler that resolves the host of each request and passes it on to <paramref name="handler"/>.</summary>
    HttpMessageHandler CreateHandler(HttpMessageHandler handler);
}
