namespace AiMesh.Gateway.Settings;

/// <summary>Binds a section to its class and reports every value that cannot be read and every key that means nothing.</summary>
internal static class StrictBinder
{
    public static T Bind<T>(IConfiguration configuration, string section, ICollection<string> errors)
        where T : class, new()
    {
        var target = new T();
        // The binder throws at the first error, so each value is tried by itself.
        var good = new List<KeyValuePair<string, string?>>();
        foreach (var (key, value) in configuration.GetSection(section).AsEnumerable(makePathsRelative: true))
        {
            if (value is null)
                continue;
            try
            {
                Of([new(key, value)]).Bind(new T(), static binder => binder.ErrorOnUnknownConfiguration = true);
                good.Add(new(key, value));
            }
            catch (InvalidOperationException)
            {
                errors.Add($"{section}:{key} is not a setting, or its value cannot be read."); // Never the value: it may be a secret.
            }
        }

        Of(good).Bind(target);
        return target;
    }

    public static IConfiguration Of(IEnumerable<KeyValuePair<string, string?>> values) => new ConfigurationBuilder().AddInMemoryCollection(values).Build();
}
