using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.AuthService.Privacy;

/// <summary>How an operation keeps whom it is about: sealed while it needs to know, as a salted hash for good.</summary>
internal sealed class SubjectSeal(MasterKeyRing masterKeys)
{
    private const string Purpose = "privacy operations";

    public const int SaltLength = 16;

    public string KeyVersion => masterKeys.Current.Version;

    public byte[] Seal(string operation, DataSubject subject) =>
        SealedBox.Seal(masterKeys.Current.KeyFor(Purpose), JsonSerializer.SerializeToUtf8Bytes(subject), Encoding.UTF8.GetBytes(operation));

    /// <exception cref="InvalidOperationException">The master key is another, or the row was tampered with.</exception>
    public DataSubject Open(PrivacyOperation operation)
    {
        var key = KeyOf(operation.KeyVersion, Purpose);
        var json = SealedBox.Open(key, operation.Subject, Encoding.UTF8.GetBytes(operation.Id))
            ?? throw new InvalidOperationException($"Whom the operation {operation.Id} is about was tampered with.");
        return JsonSerializer.Deserialize<DataSubject>(json)!;
    }

    /// <summary>The key of a purpose, under the master key that an operation began with.</summary>
    public byte[] KeyOf(string version, string purpose) => (masterKeys.Find(version) ?? throw new InvalidOperationException(
        $"The operation is sealed under version {version} of the master key, which is neither Mesh:MasterKey nor among Mesh:PreviousMasterKeys.")).KeyFor(purpose);

    /// <summary>Tells that an operation is about somebody who is known already. User ids cannot be guessed, so neither can whom it means.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> salt, string user) => SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(user)]);
}
