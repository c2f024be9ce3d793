using System.Collections.Immutable;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>The keys that a provider publishes (RFC 7517). Immutable.</summary>
internal sealed class ProviderKeys
{
    private const int MaxKeys = 100;

    private readonly ImmutableArray<ProviderKey> _keys;

    private ProviderKeys(ImmutableArray<ProviderKey> keys) => _keys = keys;

    public static Result<ProviderKeys> Read(JsonElement document)
    {
        if (!document.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxKeys) return new ProviderUnusable("keys_malformed");
        return new ProviderKeys([.. list.EnumerateArray().Select(ProviderKey.Read).OfType<ProviderKey>()]);
    }

    /// <summary>The key that a token names, or the only one that fits where it names none. Two keys of one name are no answer.</summary>
    public ProviderKey? Find(string? id, string algorithm)
    {
        var fitting = _keys.Where(key => key.Fits(algorithm) && (id is null || key.Id == id)).Take(2).ToArray();
        return fitting is [var only] ? only : null;
    }
}
