using System.Text.Json;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.AuthService.Privacy;

/// <summary>An export or an erasure as a row.</summary>
internal sealed record PrivacyOperation
{
    public const string Export = "export";
    public const string Erasure = "erasure";

    public required string Id { get; init; }

    public required string Organisation { get; init; }

    /// <summary><see cref="Export"/> or <see cref="Erasure"/>.</summary>
    public required string Kind { get; init; }

    public required byte[] SubjectSalt { get; init; }

    public required byte[] SubjectHash { get; init; }

    /// <summary>Under the master key; null when done.</summary>
    public byte[]? Subject { get; init; }

    public required string KeyVersion { get; init; }

    public string? Pseudonym { get; init; }

    public required bool VisibleOnly { get; init; }

    public required string RequestedBy { get; init; }

    public required DateTime CreatedAt { get; init; }

    public DateTime? DoneAt { get; init; }

    public DateTime? ExpiresAt { get; init; }

    public string? Receipt { get; init; }
}

/// <summary>One service's part in an operation, as a row.</summary>
internal sealed record PrivacyStep
{
    public required string Service { get; init; }

    public required int FailedAttempts { get; init; }

    /// <summary>Why it waits; empty otherwise.</summary>
    public required string Problem { get; init; }

    public DateTime? DoneAt { get; init; }

    /// <summary>Counts of an erasure, as JSON.</summary>
    public required string StoresJson { get; init; }

    public IReadOnlyList<StoreCount> Stores => JsonSerializer.Deserialize<List<StoreCount>>(StoresJson)!;
}
