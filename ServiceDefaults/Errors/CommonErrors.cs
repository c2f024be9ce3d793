using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>One or more fields of the request are wrong: INVALID_ARGUMENT, reason INVALID_FIELDS.</summary>
public sealed record InvalidFields : MeshError
{
    /// <summary>Several fields are wrong.</summary>
    public InvalidFields(params ImmutableArray<FieldViolation> violations)
        : base(StatusCode.InvalidArgument, "INVALID_FIELDS", Describe(violations)) => Violations = violations;

    private static string Describe(ImmutableArray<FieldViolation> violations) => violations switch
    {
        [var only] => $"{only.Field}: {only.Description}",
        [var first, ..] => $"{violations.Length} fields are invalid; the first is {first.Field}: {first.Description}",
        [] => "The request is invalid.",
    };
}

/// <summary>One field of the request is wrong: INVALID_ARGUMENT, reason INVALID_FIELD.</summary>
public sealed record InvalidField : MeshError
{
    /// <param name="field">Path of the field as the proto spells it.</param>
    /// <param name="description">What it should have been.</param>
    public InvalidField(string field, string description)
        : base(StatusCode.InvalidArgument, "INVALID_FIELD", $"{field}: {description}") => Violations = [new FieldViolation(field, description)];
}

/// <summary>There is no such resource, or the caller may not know of it: NOT_FOUND, reason NOT_FOUND.</summary>
public sealed record NotFound : MeshError
{
    /// <param name="resourceType">For example "dataset".</param>
    /// <param name="name">The name that was asked for.</param>
    public NotFound(string resourceType, string name)
        : base(StatusCode.NotFound, "NOT_FOUND", $"There is no {resourceType} '{name}'.") => (ResourceType, ResourceName) = (resourceType, name);
}

/// <summary>The name is taken: ALREADY_EXISTS, reason ALREADY_EXISTS.</summary>
public sealed record AlreadyExists : MeshError
{
    /// <param name="resourceType">For example "dataset".</param>
    /// <param name="name">The name that is taken.</param>
    public AlreadyExists(string resourceType, string name)
        : base(StatusCode.AlreadyExists, "ALREADY_EXISTS", $"The {resourceType} '{name}' exists already.") => (ResourceType, ResourceName) = (resourceType, name);
}

/// <summary>The caller is known but was not granted what it takes: PERMISSION_DENIED, reason PERMISSION_DENIED.</summary>
public sealed record PermissionDenied : MeshError
{
    /// <param name="permission">What it takes, for example "ai:ask"; also in the metadata.</param>
    public PermissionDenied(string permission)
        : base(StatusCode.PermissionDenied, "PERMISSION_DENIED", $"The permission '{permission}' is required.") =>
        Metadata = ImmutableDictionary<string, string>.Empty.Add("permission", permission);
}

/// <summary>Nobody is signed in, or the credential is refused: UNAUTHENTICATED, with a reason such as TOKEN_EXPIRED.</summary>
public sealed record Unauthenticated : MeshError
{
    /// <param name="reason">UPPER_SNAKE; "CREDENTIAL_MISSING" where there is none.</param>
    public Unauthenticated(string reason)
        : base(StatusCode.Unauthenticated, reason, Describe(reason))
    {
    }

    private static string Describe(string reason) => reason switch
    {
        "CREDENTIAL_MISSING" => "Sign in: this call takes an access token.",
        "TOKEN_EXPIRED" => "The access token has expired.",
        "TOKEN_NOT_YET_VALID" => "The access token is not valid yet.",
        "TOKEN_REVOKED" => "The access token was revoked; sign in again or refresh it.",
        _ => "The credential is refused.",
    };
}

/// <summary>Something this call depends on cannot be reached now: UNAVAILABLE, reason UNAVAILABLE.</summary>
public sealed record Unavailable : MeshError
{
    /// <param name="what">For people, without addresses: "the database".</param>
    public Unavailable(string what)
        : base(StatusCode.Unavailable, "UNAVAILABLE", $"{Capital(what)} cannot be reached now.") => RetryAfter = TimeSpan.FromSeconds(1);

    private static string Capital([NotNull] string what) => what.Length == 0 ? "A dependency" : $"{char.ToUpperInvariant(what[0])}{what[1..]}";
}

/// <summary>The request, or a part of it, is larger than allowed: RESOURCE_EXHAUSTED (HTTP 413), reason TOO_LARGE.</summary>
public sealed record TooLarge : MeshError
{
    internal const string ReasonName = "TOO_LARGE";

    /// <param name="what">For people: "the request".</param>
    /// <param name="maxBytes">The limit in bytes; also in the metadata.</param>
    public TooLarge(string what, long maxBytes)
        : base(StatusCode.ResourceExhausted, ReasonName, FormattableString.Invariant($"{what} is larger than {maxBytes} bytes.")) =>
        Metadata = ImmutableDictionary<string, string>.Empty.Add("maxBytes", FormattableString.Invariant($"{maxBytes}"));
}

/// <summary>The call lost against another one and may be tried again from the beginning: ABORTED.</summary>
public sealed record Aborted : MeshError
{
    /// <param name="reason">UPPER_SNAKE.</param>
    /// <param name="message">One sentence.</param>
    public Aborted(string reason, string message)
        : base(StatusCode.Aborted, reason, message)
    {
    }
}

/// <summary>The resource is not in the state that the caller's etag names (AIP-154): ABORTED, reason ETAG_MISMATCH.</summary>
public sealed record EtagMismatch : MeshError
{
    /// <param name="resourceType">For example "item".</param>
    /// <param name="name">Its name.</param>
    public EtagMismatch(string resourceType, string name)
        : base(StatusCode.Aborted, "ETAG_MISMATCH", $"The {resourceType} '{name}' was changed by someone else; read it again.") =>
        (ResourceType, ResourceName) = (resourceType, name);
}
