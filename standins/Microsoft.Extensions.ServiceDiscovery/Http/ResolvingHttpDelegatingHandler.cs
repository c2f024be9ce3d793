namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>Sends each request to one of its service's endpoints.</summary>
internal sealed class ResolvingHttpDelegatingHandler(HttpServiceResolver resolver) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);

        var logical = request.RequestUri ?? throw new InvalidOperationException("Cannot resolve an endpoint for a request which has no RequestUri.");
        var endpoint = await resolver.PickAsync(logical, cancellationToken);
        request.RequestUri = endpoint.Rewrite(logical);
        if (endpoint.HostName is { } hostName)
        {
            request.Headers.Host ??= hostName;
        }

        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // A retry further out sends the same request again, and must get to choose again.
            request.RequestUri = logical;
        }
    }
}
