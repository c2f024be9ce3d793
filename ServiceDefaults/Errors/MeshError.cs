using System.Collections.Immutable;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>
/// An expected failure, as a value. Features derive their own records (<c>sealed record InvalidCredentials() : MeshError(…)</c>); the
/// boundary turns them into google.rpc.Status or problem details, so all of this is told to the caller.
/// </summary>
/// <param name="Code">The gRPC status code; <see cref="HttpStatusTable"/> has the HTTP status that goes with it.</param>
/// <param name="Reason">What happened, for programs: UPPER_SNAKE, at most 63 characters, unique within <see cref="Domain"/>.</param>
/// <param name="Message">What happened, for people: one sentence in English, without secrets.</param>
public abstract record MeshError(StatusCode Code, string Reason, string Message)
{
    /// <summary>The domain of every reason.</summary>
    public const string Domain = "aimesh";

    /// <summary>The fields that are wrong, where it is about fields.</summary>
    public ImmutableArray<FieldViolation> Violations { get; init; } = [];

    /// <summary>Further facts for programs, for example permission → "ai:ask". Keys in lowerCamelCase.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>How long to wait before trying again, where that may help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The type of the resource that this is about, for example "dataset"; null where it is about none.</summary>
    public string? ResourceType { get; init; }

    /// <summary>The name of that resource.</summary>
    public string? ResourceName { get; init; }
}
