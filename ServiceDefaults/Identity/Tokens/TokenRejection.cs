namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>Why an access token was refused. Told to the caller by name, so a name says no more than the caller may know.</summary>
public enum TokenRejection
{
    /// <summary>Not three canonical base64url parts that hold strict JSON and a signature of 64 bytes.</summary>
    Malformed,

    /// <summary>More than 8 KiB.</summary>
    TooLarge,

    /// <summary>The header holds something besides <c>alg</c>, <c>typ</c> and <c>kid</c>, or one of them is missing or of a wrong form.</summary>
    HeaderNotAllowed,

    /// <summary>The algorithm is not ES256.</summary>
    AlgorithmNotAllowed,

    /// <summary>No published key has this <c>kid</c>.</summary>
    UnknownKey,

    /// <summary>The signature is not that of the key.</summary>
    BadSignature,

    /// <summary>A required claim is missing, or a claim has a wrong type or range.</summary>
    InvalidClaims,

    /// <summary>Issued by someone else.</summary>
    WrongIssuer,

    /// <summary>Issued for someone else.</summary>
    WrongAudience,

    /// <summary>Not valid yet.</summary>
    NotYetValid,

    /// <summary>Not valid any more.</summary>
    Expired,

    /// <summary>Withdrawn before its time: signed out, erased, or the caller's roles changed.</summary>
    Revoked,

    /// <summary>
    /// The authority's keys or revocations were never reached, or revocations not for <see cref="MeshAuthenticationOptions.MaxRevocationAge"/>, so nobody can be
    /// verified. Not the caller's fault.
    /// </summary>
    AuthorityUnavailable,
}
