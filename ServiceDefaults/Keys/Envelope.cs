using System.Security.Cryptography;
using System.Text;

namespace AiMesh.ServiceDefaults.Keys;

/// <summary>
/// A secret at rest: sealed under a data key of its own, which is sealed under a version of the master key. A change of the master
/// key so touches small data keys only.
/// </summary>
/// <param name="Secret">Sealed under the data key.</param>
/// <param name="DataKey">Sealed under the master key.</param>
/// <param name="MasterKeyVersion">Which master key.</param>
public sealed record Envelope(byte[] Secret, byte[] DataKey, string MasterKeyVersion)
{
    private const string Purpose = "data keys";

    /// <summary>Seals a secret under a new data key.</summary>
    /// <param name="masterKeys">The current one seals.</param>
    /// <param name="secret">What is sealed.</param>
    /// <param name="name">Whose secret it is; to be given again to open it.</param>
    public static Envelope Seal(MasterKeyRing masterKeys, ReadOnlySpan<byte> secret, string name)
    {
        var dataKey = RandomNumberGenerator.GetBytes(SealedBox.KeyLength);
        return new Envelope(SealedBox.Seal(dataKey, secret, NameOf(name)), SealDataKey(masterKeys.Current, dataKey, name), masterKeys.Current.Version);
    }

    /// <summary>The secret.</summary>
    /// <exception cref="InvalidOperationException">The master key is not configured, or something was tampered with.</exception>
    public byte[] Open(MasterKeyRing masterKeys, string name) =>
        SealedBox.Open(OpenDataKey(masterKeys, name), Secret, NameOf(name)) ?? throw new InvalidOperationException($"The envelope of {name} was tampered with.");

    /// <summary>The same secret under the master key of today.</summary>
    public Envelope Rewrap(MasterKeyRing masterKeys, string name) => this with
    {
        DataKey = SealDataKey(masterKeys.Current, OpenDataKey(masterKeys, name), name),
        MasterKeyVersion = masterKeys.Current.Version,
    };

    private byte[] OpenDataKey(MasterKeyRing masterKeys, string name)
    {
        var masterKey = masterKeys.Find(MasterKeyVersion) ?? throw new InvalidOperationException(
            $"{name} is sealed under version {MasterKeyVersion} of the master key, which is neither Mesh:MasterKey nor among Mesh:PreviousMasterKeys.");
        return SealedBox.Open(masterKey.KeyFor(Purpose), DataKey, NameOf(name)) ?? throw new InvalidOperationException($"The data key of {name} was tampered with.");
    }

    private static byte[] SealDataKey(MasterKey masterKey, byte[] dataKey, string name) => SealedBox.Seal(masterKey.KeyFor(Purpose), dataKey, NameOf(name));

    private static byte[] NameOf(string name) => Encoding.UTF8.GetBytes(name);
}
