namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Options of service discovery.</summary>
public sealed class ServiceDiscoveryOptions
{
    /// <summary>Allows every scheme. Default: true; set it to false for <see cref="AllowedSchemes"/> to count.</summary>
    public bool AllowAllSchemes { get; set; } = true;

    /// <summary>Age at which endpoints are asked for again, as not every provider announces changes. Default: 60 s.</summary>
    public TimeSpan RefreshPeriod { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Allowed schemes, when not all are.</summary>
    public IList<string> AllowedSchemes { get; set; } = [];

    /// <summary>The requested schemes that are allowed, in the requested order; all allowed ones when none is requested.</summary>
    public IReadOnlyList<string> ApplyAllowedSchemes(IReadOnlyList<string> requestedSchemes)
    {
        ArgumentNullException.ThrowIfNull(requestedSchemes);

        if (requestedSchemes.Count == 0)
        {
            return AllowedSchemes.ToArray();
        }

        return AllowAllSchemes
            ? requestedSchemes
            : requestedSchemes.Where(scheme => AllowedSchemes.Contains(scheme, StringComparer.OrdinalIgnoreCase)).ToArray();
    }
}
