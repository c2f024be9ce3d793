namespace Microsoft.IdentityModel.Tokens;

/// <summary>The lifetime has not begun.</summary>
public class SecurityTokenNotYetValidException : SecurityTokenValidationException
{
    /// <summary>Begin of the lifetime, UTC.</summary>
    public DateTime NotBefore { get; set; }

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenNotYetValidException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenNotYetValidException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenNotYetValidException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
