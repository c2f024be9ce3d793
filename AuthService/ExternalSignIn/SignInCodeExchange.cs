using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>Gives tokens for the code that a browser brought to a return address.</summary>
internal sealed class SignInCodeExchange(AuthDatabase database, SealedOnce seals, SessionOpening opening, IOptions<ExternalSignInOptions> options)
{
    public async Task<Result<TokenPair>> ExchangeAsync(string text, string verifier, string address, CancellationToken cancellationToken)
    {
        if (!Pkce.IsVerifier(verifier)) return new InvalidField("code_verifier", "must be 43 to 128 characters A-Z, a-z, 0-9, '-', '.', '_' and '~'");
        if (seals.Open<SignInCode>(SignInCode.Purpose, text) is not { } code) return new CodeRefused();

        // Spent first: who has the code and guesses at the verifier guesses once.
        if (!await seals.SpendAsync(text, options.Value.CodeLifetime, cancellationToken) || Pkce.ChallengeOf(verifier) != code.Challenge) return new CodeRefused();
        await using var transaction = await database.BeginAsync(code.Organisation, cancellationToken);
        return await opening.OpenAsync(transaction, code.UserId, address, cancellationToken, code.Provider);
    }
}
