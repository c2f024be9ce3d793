namespace AiMesh.IoTIngest.Devices;

/// <summary>A row of the registry, without its credential.</summary>
internal sealed record DeviceRecord(
    string Id,
    string DisplayName,
    string DeviceType,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<string> Groups,
    DateTime? RevokedAt,
    DateTime? LastSeenAt,
    DateTime CreatedAt);

/// <summary>What an owner says of a device; null leaves it as it is.</summary>
internal sealed record DeviceChange(
    string? DisplayName, string? DeviceType, IReadOnlyDictionary<string, string>? Metadata, IReadOnlyList<string>? Groups);
