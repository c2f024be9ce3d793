using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Anonymisation;
using AiMesh.ServiceDefaults.Keys;

namespace AiMesh.DataService.Protection;

/// <summary>The keys of one organisation, as they were when its dataset was read.</summary>
internal sealed class OrganisationKeys(byte[] pseudonyms, IReadOnlyDictionary<int, byte[]> fields, Func<int, byte[]?> load)
{
    /// <summary>Its key never changes, so that pseudonyms stay.</summary>
    public Anonymiser Anonymiser { get; } = new(pseudonyms);

    public int CurrentVersion { get; } = fields.Keys.Max();

    /// <summary>For equality of encrypted values; follows from the key of pseudonyms, so it never changes either.</summary>
    public byte[] IndexKey(string dataset, string field) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, pseudonyms, SealedBox.KeyLength, info: Encoding.UTF8.GetBytes($"aimesh data index {dataset} {field}"));

    /// <summary>A key that another replica added a moment ago is fetched.</summary>
    public byte[] FieldKey(int version) =>
        fields.TryGetValue(version, out var key) ? key : load(version) ?? throw new InvalidOperationException(FormattableString.Invariant($"There is no key of version {version} for fields."));
}
