namespace AiMesh.ServiceDefaults.Identity;

/// <summary>What sort of caller a <see cref="Principal"/> is.</summary>
public enum PrincipalKind
{
    /// <summary>Nobody: no valid credential was presented.</summary>
    Anonymous,

    /// <summary>A person who signed in.</summary>
    User,

    /// <summary>An API key acting for the person or organisation that created it.</summary>
    ApiKey,

    /// <summary>An OAuth client or a mesh service acting for itself.</summary>
    Client,

    /// <summary>A device signed in by its own credential; may call only what declares <c>devices</c>.</summary>
    Device,
}
