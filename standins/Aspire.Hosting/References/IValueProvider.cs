namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that may be known only when the application runs.</summary>
public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) => GetValueAsync(cancellationToken);
}

/// <summary>Who asks for a value.</summary>
public class ValueProviderContext
{
    public DistributedApplicationExecutionContext? ExecutionContext { get; init; }

    /// <summary>The resource that will use the value.</summary>
    public IResource? Caller { get; init; }

    /// <summary>Which of the caller's processes will use it, from 0.</summary>
    internal int Replica { get; init; }
}

/// <summary>Has a placeholder for a deployment manifest, such as <c>{auth.bindings.http.url}</c>.</summary>
public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

/// <summary>A value made of others.</summary>
public interface IValueWithReferences
{
    IEnumerable<object> References { get; }
}

/// <summary>A value with a placeholder.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;
