namespace Microsoft.IdentityModel.Tokens;

/// <summary>The type of the token is not allowed.</summary>
public class SecurityTokenInvalidTypeException : SecurityTokenValidationException
{
    /// <summary>The type of the token.</summary>
    public string InvalidType { get; set; } = default!;

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenInvalidTypeException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenInvalidTypeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenInvalidTypeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
