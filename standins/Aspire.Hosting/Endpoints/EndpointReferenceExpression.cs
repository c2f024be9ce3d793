using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of an endpoint's address, known once the application starts.</summary>
public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property) : IExpressionValue, IValueWithReferences
{
    public EndpointReference Endpoint { get; } = endpointReference;

    public EndpointProperty Property { get; } = property;

    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property.ToString().ToLowerInvariant()}}}";

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        GetValueAsync(new ValueProviderContext(), cancellationToken);

    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        new(Property switch
        {
            EndpointProperty.Url => Endpoint.Url,
            EndpointProperty.Host => Endpoint.Host,
            EndpointProperty.IPV4Host => Endpoint.Host == "localhost" ? "127.0.0.1" : Endpoint.Host,
            EndpointProperty.Port => Text(Endpoint.Port),
            EndpointProperty.Scheme => Endpoint.Scheme,
            EndpointProperty.TargetPort => TargetPort(context),
            EndpointProperty.HostAndPort => $"{Endpoint.Host}:{Text(Endpoint.Port)}",
            EndpointProperty.TlsEnabled => Endpoint.TlsEnabled ? bool.TrueString : bool.FalseString,
            _ => throw new InvalidOperationException($"An endpoint has no property {Property}."),
        });

    // Every replica listens on a port of its own, so the answer depends on who asks.
    private string TargetPort(ValueProviderContext context)
    {
        var ports = Endpoint.EndpointAnnotation.ReplicaPorts;
        var replica = ReferenceEquals(context.Caller, Endpoint.Resource) ? context.Replica : 0;
        return Text(replica < ports.Count ? ports[replica] : Endpoint.Port);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
