using System.Collections.Immutable;

namespace AiMesh.AuthService.Keys;

/// <summary>
/// The master key in use (<c>Mesh:MasterKey</c>) and those before it (<c>Mesh:PreviousMasterKeys</c>), under which older data keys
/// are sealed until they are sealed anew.
/// </summary>
internal sealed class MasterKeyRing
{
    private readonly ImmutableArray<MasterKey> _keys;

    public MasterKeyRing(IConfiguration configuration)
        : this(configuration["Mesh:MasterKey"], configuration.GetSection("Mesh:PreviousMasterKeys").Get<string[]>() ?? [])
    {
    }

    internal MasterKeyRing(string? current, params ReadOnlySpan<string> previous)
    {
        if (string.IsNullOrWhiteSpace(current))
            throw new InvalidOperationException("Mesh:MasterKey is missing: the keys that access tokens are signed with are sealed under it.");
        Current = new MasterKey(current);
        _keys = [Current, .. previous.ToArray().Select(static key => new MasterKey(key))];
    }

    public MasterKey Current { get; }

    public MasterKey? Find(string version) => _keys.FirstOrDefault(key => key.Version == version);
}
