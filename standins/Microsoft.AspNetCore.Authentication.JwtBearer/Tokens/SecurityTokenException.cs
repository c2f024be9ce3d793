namespace Microsoft.IdentityModel.Tokens;

/// <summary>A token was refused or could not be read.</summary>
public class SecurityTokenException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
