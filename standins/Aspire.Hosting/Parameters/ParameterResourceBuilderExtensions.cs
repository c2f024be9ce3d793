using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Adds parameters and connection strings that come from outside.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>A parameter whose value must stand in configuration, <c>Parameters:name</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, fallback => Value(builder, name, fallback), secret));

    /// <summary>A parameter with a default.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddParameter(name, () => value, publishValueAsDefault, secret);

    /// <summary>A parameter with a default that is computed when it is needed.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        Func<string> valueGetter,
        bool publishValueAsDefault = false,
        bool secret = false) =>
        builder.AddParameter(name, new ConstantParameterDefault(valueGetter), secret);

    /// <summary>A parameter with a default, which <paramref name="persist"/> keeps for later runs (needed for generated ones).</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        var kept = persist ? new PersistedParameterDefault(builder, name, value) : value;
        return builder.AddResource(
            new ParameterResource(name, fallback => Value(builder, name, fallback), secret) { Default = kept });
    }

    /// <summary>A parameter whose value stands under another key of configuration.</summary>
    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string configurationKey, bool secret = false) =>
        builder.AddResource(new ParameterResource(
            name,
            _ => builder.Configuration[configurationKey] ?? throw Missing(name, configurationKey),
            secret));

    public static IResourceBuilder<ParameterResource> WithDescription(
        this IResourceBuilder<ParameterResource> builder, string description, bool enableMarkdown = false)
    {
        builder.Resource.Description = description;
        builder.Resource.EnableDescriptionMarkdown = enableMarkdown;
        return builder;
    }

    /// <summary>A connection string from configuration, <c>ConnectionStrings:name</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string? environmentVariableName = null) =>
        builder.AddResource(new ConnectionStringParameterResource(
            name,
            _ => builder.Configuration.GetConnectionString(name) ?? throw Missing(name, $"ConnectionStrings:{name}"),
            environmentVariableName));

    /// <summary>A password that is generated once and kept; at least 22 characters.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder,
        string name,
        bool lower = true,
        bool upper = true,
        bool numeric = true,
        bool special = true,
        int minLower = 0,
        int minUpper = 0,
        int minNumeric = 0,
        int minSpecial = 0) =>
        CreateGeneratedParameter(
            builder,
            name,
            secret: true,
            new GenerateParameterDefault
            {
                MinLength = 22,
                Lower = lower,
                Upper = upper,
                Numeric = numeric,
                Special = special,
                MinLower = minLower,
                MinUpper = minUpper,
                MinNumeric = minNumeric,
                MinSpecial = minSpecial,
            });

    /// <summary>A parameter that is not a resource of its own, generated once and kept.</summary>
    public static ParameterResource CreateGeneratedParameter(
        IDistributedApplicationBuilder builder, string name, bool secret, GenerateParameterDefault parameterDefault) =>
        new(name, fallback => Value(builder, name, fallback), secret)
        {
            Default = new PersistedParameterDefault(builder, name, parameterDefault),
        };

    private static string Value(IDistributedApplicationBuilder builder, string name, ParameterDefault? fallback)
    {
        var key = $"Parameters:{name}";

        // Many shells cannot set a variable with a hyphen in its name.
        return builder.Configuration[key]
            ?? builder.Configuration[key.Replace('-', '_')]
            ?? fallback?.GetDefaultValue()
            ?? throw Missing(name, key);
    }

    private static MissingParameterValueException Missing(string name, string key) =>
        new($"The parameter '{name}' has no value; give it in configuration as '{key}' " +
            $"(command line --{key}=…, or environment variable {key.Replace(":", "__", StringComparison.Ordinal).Replace('-', '_')}).");
}
