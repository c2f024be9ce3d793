namespace Microsoft.IdentityModel.Tokens;

/// <summary>The signature does not fit.</summary>
public class SecurityTokenInvalidSignatureException : SecurityTokenValidationException
{
    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenInvalidSignatureException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenInvalidSignatureException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenInvalidSignatureException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
