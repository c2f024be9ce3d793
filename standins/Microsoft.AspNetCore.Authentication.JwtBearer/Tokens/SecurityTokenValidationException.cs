namespace Microsoft.IdentityModel.Tokens;

/// <summary>A token failed a check.</summary>
public class SecurityTokenValidationException : SecurityTokenException
{
    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenValidationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenValidationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenValidationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
