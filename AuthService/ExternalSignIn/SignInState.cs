namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>What travels, sealed, to the provider and back as the parameter "state".</summary>
internal sealed record SignInState
{
    public const string Purpose = "sign-in state";

    public required string Organisation { get; init; }

    public required string Provider { get; init; }

    /// <summary>Whom the browser was sent to; an answer of anybody else is none.</summary>
    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    /// <summary>The address that the provider was told, which the exchange must repeat.</summary>
    public required string RedirectAddress { get; init; }

    public required string Nonce { get; init; }

    /// <summary>The PKCE verifier.</summary>
    public required string Verifier { get; init; }

    /// <summary>Of the browser's cookie.</summary>
    public required string Browser { get; init; }

    /// <summary>Where the browser goes in the end; null: nowhere, the callback answers with tokens.</summary>
    public string? ReturnTo { get; init; }

    /// <summary>S256 of the verifier that the page at <see cref="ReturnTo"/> keeps.</summary>
    public string? Challenge { get; init; }
}

/// <summary>What the code says, sealed, that a browser brings to a return address.</summary>
internal sealed record SignInCode(string Organisation, string UserId, string Provider, string Challenge)
{
    public const string Purpose = "sign-in code";
}
