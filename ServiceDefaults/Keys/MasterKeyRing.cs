using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;

namespace AiMesh.ServiceDefaults.Keys;

/// <summary>
/// The master key in use (<c>Mesh:MasterKey</c>) and those before it (<c>Mesh:PreviousMasterKeys</c>), under which older data keys
/// are sealed until they are sealed anew.
/// </summary>
public sealed class MasterKeyRing
{
    private readonly ImmutableArray<MasterKey> _keys;

    /// <param name="configuration">Has <c>Mesh:MasterKey</c>, and <c>Mesh:PreviousMasterKeys</c> as a list.</param>
    /// <exception cref="InvalidOperationException">There is no master key.</exception>
    public MasterKeyRing(IConfiguration configuration)
        : this((configuration ?? throw new ArgumentNullException(nameof(configuration)))["Mesh:MasterKey"], configuration.GetSection("Mesh:PreviousMasterKeys").Get<string[]>() ?? [])
    {
    }

    /// <param name="current">The master key in use.</param>
    /// <param name="previous">Those before it.</param>
    /// <exception cref="InvalidOperationException">There is no master key.</exception>
    public MasterKeyRing(string? current, params ReadOnlySpan<string> previous)
    {
        if (string.IsNullOrWhiteSpace(current))
            throw new InvalidOperationException("Mesh:MasterKey is missing: the keys of this service are sealed under it.");
        Current = new MasterKey(current);
        _keys = [Current, .. previous.ToArray().Select(static key => new MasterKey(key))];
    }

    /// <summary>Seals what is sealed today.</summary>
    public MasterKey Current { get; }

    /// <summary>The master key of a version; null where it is not configured any more.</summary>
    public MasterKey? Find(string version) => _keys.FirstOrDefault(key => key.Version == version);
}
