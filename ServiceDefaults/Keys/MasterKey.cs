using System.Security.Cryptography;
using System.Text;

namespace AiMesh.ServiceDefaults.Keys;

/// <summary>
/// The secret of the mesh from which keys for single purposes are derived: base64 of 32 bytes, or any passphrase. Its version is
/// a fingerprint, so that what was sealed says under which master key.
/// </summary>
public sealed class MasterKey
{
    private readonly byte[] _secret;

    /// <param name="configured">As it stands in the configuration.</param>
    public MasterKey(string configured)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configured);
        var decoded = new byte[configured.Length];
        var material = Convert.TryFromBase64String(configured, decoded, out var length) && length == SealedBox.KeyLength
            ? decoded[..length]
            : Encoding.UTF8.GetBytes(configured);
        _secret = HKDF.Extract(HashAlgorithmName.SHA256, material, "aimesh master key"u8.ToArray());
        Version = Convert.ToHexStringLower(Derive("version", 8));
    }

    /// <summary>16 hexadecimal digits that name this master key and tell nothing about it.</summary>
    public string Version { get; }

    /// <summary>A key of 32 bytes for one purpose.</summary>
    /// <param name="purpose">Its own for every use and every service.</param>
    public byte[] KeyFor(string purpose) => Derive($"key for {purpose}", SealedBox.KeyLength);

    // The label is as old as the first sealed key, and stays for the sake of what is sealed.
    private byte[] Derive(string info, int length) =>
        HKDF.Expand(HashAlgorithmName.SHA256, _secret, length, Encoding.UTF8.GetBytes($"aimesh auth: {info}"));
}
