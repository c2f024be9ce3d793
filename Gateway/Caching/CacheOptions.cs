using System.ComponentModel.DataAnnotations;

namespace AiMesh.Gateway.Caching;

/// <summary>Answers that the gateway keeps; section <c>Cache</c>.</summary>
internal sealed class CacheOptions
{
    public const string Section = "Cache";

    /// <summary>Whether answers are kept at all. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Most bytes that all kept answers take, with what is needed to find them. 64 KiB to 64 GiB; default: 64 MiB.</summary>
    [Range(64L * 1024, 64L * 1024 * 1024 * 1024)]
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Larger answers are not kept. 1 KiB to 16 MiB; default: 1 MiB.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaxAnswerBytes { get; set; } = 1024 * 1024;

    /// <summary>Answers kept for one address: one for each kind of caller. 1 to 16; default: 8.</summary>
    [Range(1, 16)]
    public int MaxVariants { get; set; } = 8;

    /// <summary>How long a request waits for another one that fetches the same. 100 ms to 1 minute; default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(5);
}
