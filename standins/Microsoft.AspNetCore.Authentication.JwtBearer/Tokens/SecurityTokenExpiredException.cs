namespace Microsoft.IdentityModel.Tokens;

/// <summary>The lifetime is over.</summary>
public class SecurityTokenExpiredException : SecurityTokenValidationException
{
    /// <summary>End of the lifetime, UTC.</summary>
    public DateTime Expires { get; set; }

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenExpiredException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenExpiredException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenExpiredException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
