namespace Microsoft.IdentityModel.Tokens;

/// <summary>The issuer is not trusted.</summary>
public class SecurityTokenInvalidIssuerException : SecurityTokenValidationException
{
    /// <summary>The issuer of the token.</summary>
    public string InvalidIssuer { get; set; } = default!;

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenInvalidIssuerException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenInvalidIssuerException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenInvalidIssuerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
