namespace Microsoft.IdentityModel.Tokens;

/// <summary>Begin and end of the lifetime contradict each other.</summary>
public class SecurityTokenInvalidLifetimeException : SecurityTokenValidationException
{
    /// <summary>Begin of the lifetime, UTC.</summary>
    public DateTime? NotBefore { get; set; }

    /// <summary>End of the lifetime, UTC.</summary>
    public DateTime? Expires { get; set; }

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenInvalidLifetimeException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenInvalidLifetimeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenInvalidLifetimeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
