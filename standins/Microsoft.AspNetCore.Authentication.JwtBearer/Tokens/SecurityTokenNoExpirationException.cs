namespace Microsoft.IdentityModel.Tokens;

/// <summary>The token never expires, which is not allowed.</summary>
public class SecurityTokenNoExpirationException : SecurityTokenValidationException
{
    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenNoExpirationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenNoExpirationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenNoExpirationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
