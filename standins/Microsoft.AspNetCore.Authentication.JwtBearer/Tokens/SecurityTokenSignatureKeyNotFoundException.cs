namespace Microsoft.IdentityModel.Tokens;

/// <summary>No key is known for the signature.</summary>
public class SecurityTokenSignatureKeyNotFoundException : SecurityTokenInvalidSignatureException
{
    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenSignatureKeyNotFoundException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenSignatureKeyNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenSignatureKeyNotFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
