namespace Microsoft.IdentityModel.Tokens;

/// <summary>Validates tokens of one format. Implementations are used by many requests at once.</summary>
public abstract class TokenHandler
{
    /// <summary>Validates a token.</summary>
    /// <param name="token">The token as it was sent.</param>
    /// <param name="validationParameters">What to check; a copy of the scheme's, so it may be changed.</param>
    /// <returns>
    /// A result with <see cref="TokenValidationResult.IsValid"/>, or with the reason in <see cref="TokenValidationResult.Exception"/>.
    /// A bad token is a result, not a thrown exception. A handler that does not override this refuses every token.
    /// </returns>
    public virtual Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
        => Task.FromResult(new TokenValidationResult
        {
            Exception = new SecurityTokenValidationException($"{GetType().Name} does not validate tokens."),
        });
}
