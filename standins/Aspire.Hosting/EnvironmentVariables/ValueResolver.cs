using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.EnvironmentVariables;

/// <summary>Runs the callbacks of a resource and takes the values, for one of its processes.</summary>
internal sealed class ValueResolver(DistributedApplicationExecutionContext executionContext, IResource resource, int replica, ILogger logger)
{
    private readonly ValueProviderContext _caller = new() { ExecutionContext = executionContext, Caller = resource, Replica = replica };

    /// <returns>Variables by name, with the names of those that hold a secret.</returns>
    public async Task<(Dictionary<string, string> Values, IReadOnlySet<string> Secrets)> EnvironmentAsync(CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken) { Logger = logger };
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
            await annotation.Callback(context);

        var values = new Dictionary<string, string>();
        var secrets = new HashSet<string>();
        foreach (var (name, value) in context.EnvironmentVariables)
        {
            if (await ResolveAsync(value, $"the variable {name}", cancellationToken) is { } text)
                values[name] = text;

            if (HoldsSecret(value))
                secrets.Add(name);
        }

        return (values, secrets);
    }

    public async Task<IReadOnlyList<string>> ArgumentsAsync(CancellationToken cancellationToken)
    {
        var arguments = new List<object>();
        var context = new CommandLineArgsCallbackContext(arguments, resource, cancellationToken) { ExecutionContext = executionContext, Logger = logger };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
            await annotation.Callback(context);

        var values = new List<string>();
        foreach (var argument in arguments)
        {
            if (await ResolveAsync(argument, "an argument", cancellationToken) is { } text)
                values.Add(text);
        }

        return values;
    }

    private async Task<string?> ResolveAsync(object value, string what, CancellationToken cancellationToken)
    {
        try
        {
            return value switch
            {
                string text => text,
                IValueProvider provider => await provider.GetValueAsync(_caller, cancellationToken),
                IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(_caller, cancellationToken),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
        }
        catch (InvalidOperationException error)
        {
            throw new DistributedApplicationException($"The value of {what} of '{resource.Name}' is not known: {error.Message}", error);
        }
    }

    private static bool HoldsSecret(object value) => value switch
    {
        ParameterResource parameter => parameter.Secret,

        // An address is none, though the resource that it refers to may have a connection string with one.
        EndpointReference or EndpointReferenceExpression => false,
        IValueWithReferences composed => composed.References.Any(HoldsSecret),
        _ => false,
    };
}
