namespace Microsoft.IdentityModel.Tokens;

/// <summary>The token is not meant for this audience.</summary>
public class SecurityTokenInvalidAudienceException : SecurityTokenValidationException
{
    /// <summary>The audience of the token.</summary>
    public string InvalidAudience { get; set; } = default!;

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenInvalidAudienceException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenInvalidAudienceException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenInvalidAudienceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
