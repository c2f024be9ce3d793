namespace Aspire.Hosting;

/// <summary>How an AppHost is set up.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>Command line; <c>--key=value</c> is configuration.</summary>
    public string[]? Args { get; set; }

    /// <summary>Assembly of the AppHost; default: the entry assembly.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>Folder of the AppHost's project; default: written into its assembly by the build.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>Without effect: there is no dashboard here.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Sends the output of resources to the host's loggers, category <c>AppHost.Resources.name</c>.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>Without effect: nothing here insists on TLS.</summary>
    public bool AllowUnsecuredTransport { get; set; }
}
