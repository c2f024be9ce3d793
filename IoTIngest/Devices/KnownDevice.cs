using System.Collections.Concurrent;

namespace AiMesh.IoTIngest.Devices;

/// <summary>What ingest has to know of a device, as the registry had it when it was last read. Shared by all of its connections.</summary>
internal sealed class KnownDevice
{
    /// <summary>Its key in the tables of readings.</summary>
    public required int Number { get; init; }

    public required string Organisation { get; init; }

    public required int OrganisationKey { get; init; }

    public required string Id { get; init; }

    public required string CredentialId { get; init; }

    public required byte[] CredentialHash { get; init; }

    /// <summary>Numbers of the series of its metrics, as far as they were needed.</summary>
    public ConcurrentDictionary<string, int> Series { get; } = new(StringComparer.Ordinal);
}
