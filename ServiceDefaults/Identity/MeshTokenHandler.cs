using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>Puts <see cref="AccessTokenVerifier"/> where the JWT bearer scheme looks for a validator of tokens.</summary>
internal sealed class MeshTokenHandler(AccessTokenVerifier verifier) : TokenHandler
{
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters) =>
        await verifier.VerifyAsync(token, CancellationToken.None) switch
        {
            VerifiedToken verified => new TokenValidationResult
            {
                IsValid = true,
                ClaimsIdentity = new MeshIdentity(verified.Principal, JwtBearerDefaults.AuthenticationScheme),
            },
            TokenRejected rejected => new TokenValidationResult { IsValid = false, Exception = new TokenRejectedException(rejected.Reason) },
            var other => throw new InvalidOperationException($"{other.GetType().Name} is no outcome of a verification."),
        };
}
