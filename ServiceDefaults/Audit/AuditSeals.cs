using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Keys;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>Seals checkpoints under the master key, and tells whether one was sealed so.</summary>
/// <param name="masterKeys">The current one seals; older ones are still believed.</param>
/// <param name="purpose">Another for each service, so that no seal of one holds in the database of another.</param>
public sealed class AuditSeals(MasterKeyRing masterKeys, string purpose)
{
    /// <summary>Which master key seals.</summary>
    public string Version => masterKeys.Current.Version;

    /// <summary>The seal of a checkpoint.</summary>
    public byte[] Seal(AuditCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return checkpoint.Seal(masterKeys.Current.KeyFor(purpose));
    }

    /// <summary>Whether the checkpoint was sealed by this mesh, under the master key of that version.</summary>
    public bool IsGenuine(AuditCheckpoint checkpoint, string version, ReadOnlySpan<byte> seal)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return masterKeys.Find(version) is { } key && CryptographicOperations.FixedTimeEquals(checkpoint.Seal(key.KeyFor(purpose)), seal);
    }
}
