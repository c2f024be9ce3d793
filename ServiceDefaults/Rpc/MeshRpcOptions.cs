using System.ComponentModel.DataAnnotations;

namespace AiMesh.ServiceDefaults.Rpc;

/// <summary>Limits of RPCs; configuration section <c>Mesh:Rpc</c>. Validated at start.</summary>
public sealed class MeshRpcOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Mesh:Rpc";

    /// <summary>The largest message that is taken or sent, in bytes. 1 KiB to 10 MiB; default: 4 MiB.</summary>
    [Range(1024, 10 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;
}
