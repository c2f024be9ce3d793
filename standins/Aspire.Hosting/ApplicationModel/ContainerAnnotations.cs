namespace Aspire.Hosting.ApplicationModel;

/// <summary>Whether a container ends with the AppHost. Programs of this machine always do.</summary>
public enum ContainerLifetime
{
    Session = 0,
    Persistent = 1,
}

/// <inheritdoc cref="ContainerLifetime"/>
public sealed class ContainerLifetimeAnnotation : IResourceAnnotation
{
    public required ContainerLifetime Lifetime { get; set; }
}

/// <summary>Image of a container.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>Host of the registry; null is the engine's default.</summary>
    public string? Registry { get; set; }

    public required string Image { get; set; }

    public string? Tag { get; set; }
}

/// <summary>Where the files of a mount come from.</summary>
public enum ContainerMountType
{
    BindMount = 0,
    Volume = 1,
}

/// <summary>A folder inside a container that outlives it.</summary>
public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly) : IResourceAnnotation
{
    /// <summary>Name of the volume, or path on this machine.</summary>
    public string? Source { get; } = source;

    /// <summary>Path inside the container.</summary>
    public string Target { get; } = target;

    public ContainerMountType Type { get; } = type;

    public bool IsReadOnly { get; } = isReadOnly;
}
