using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Identity.ApiKeys;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>A whole API key. The database holds its prefix, by which it is found, and the SHA-256 of its secret.</summary>
internal sealed class ApiKeySecret
{
    private const string PrefixAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int SecretBytes = 32;

    private readonly string _text;

    private ApiKeySecret(string text)
    {
        _text = text;
        Prefix = text[..(ApiKeyFormat.Start.Length + ApiKeyFormat.PrefixLength)];
        Hash = SHA256.HashData(Encoding.ASCII.GetBytes(text, text.Length - ApiKeyFormat.SecretLength, ApiKeyFormat.SecretLength));
    }

    /// <summary>The part that may be shown.</summary>
    public string Prefix { get; }

    public byte[] Hash { get; }

    public static ApiKeySecret New()
    {
        var prefix = new string(RandomNumberGenerator.GetItems<char>(PrefixAlphabet, ApiKeyFormat.PrefixLength));
        return new ApiKeySecret($"{ApiKeyFormat.Start}{prefix}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    /// <summary>Reads a key; null for what was never one.</summary>
    public static ApiKeySecret? Parse(string text) => ApiKeyFormat.IsPlausible(text) ? new ApiKeySecret(text) : null;

    public bool Matches(byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash, hash);

    /// <summary>As its owner is shown it, once.</summary>
    public override string ToString() => _text;
}
