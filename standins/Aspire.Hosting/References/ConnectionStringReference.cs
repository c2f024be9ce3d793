namespace Aspire.Hosting.ApplicationModel;

/// <summary>A connection string that may be missing if it is optional.</summary>
public class ConnectionStringReference(IResourceWithConnectionString resource, bool optional) : IExpressionValue, IValueWithReferences
{
    public IResourceWithConnectionString Resource { get; } = resource;

    public bool Optional { get; } = optional;

    string IManifestExpressionProvider.ValueExpression => Resource.ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) =>
        ((IValueProvider)this).GetValueAsync(new ValueProviderContext(), cancellationToken);

    async ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        try
        {
            var value = await Resource.GetValueAsync(context, cancellationToken);
            return !string.IsNullOrEmpty(value) || Optional
                ? value
                : throw new DistributedApplicationException($"The connection string of '{Resource.Name}' is empty.");
        }
        catch (MissingParameterValueException) when (Optional)
        {
            return null;
        }
    }
}
