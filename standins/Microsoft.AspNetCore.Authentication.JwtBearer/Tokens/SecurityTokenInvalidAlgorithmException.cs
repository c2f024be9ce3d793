namespace Microsoft.IdentityModel.Tokens;

/// <summary>The algorithm is not allowed.</summary>
public class SecurityTokenInvalidAlgorithmException : SecurityTokenValidationException
{
    /// <summary>The algorithm of the token.</summary>
    public string InvalidAlgorithm { get; set; } = default!;

    /// <summary>Creates the exception with a general message.</summary>
    public SecurityTokenInvalidAlgorithmException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public SecurityTokenInvalidAlgorithmException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SecurityTokenInvalidAlgorithmException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
