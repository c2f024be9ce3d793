using AiMesh.ServiceDefaults.Anonymisation;

namespace AiMesh.DataService.Protection;

/// <summary>The keys of one organisation, as they were when its dataset was read.</summary>
internal sealed class OrganisationKeys(byte[] pseudonyms, IReadOnlyDictionary<int, byte[]> fields)
{
    /// <summary>Its key never changes, so that pseudonyms stay.</summary>
    public Anonymiser Anonymiser { get; } = new(pseudonyms);

    public int CurrentVersion { get; } = fields.Keys.Max();

    public byte[] FieldKey(int version) =>
        fields.TryGetValue(version, out var key) ? key : throw new InvalidOperationException(FormattableString.Invariant($"There is no key of version {version} for fields."));
}
