using System.Security.Claims;
using Microsoft.IdentityModel.Tokens;

namespace AiMesh.StandIns.Tests.Clients.Jwt;

/// <summary>Takes the token for the name of the user, unless the test knows better.</summary>
internal sealed class ScriptedTokenHandler(Func<string, TokenValidationParameters, TokenValidationResult>? script = null) : TokenHandler
{
    public override Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
        => Task.FromResult(script is null ? Valid(token) : script(token, validationParameters));

    public static TokenValidationResult Valid(string name) => new()
    {
        IsValid = true,
        ClaimsIdentity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "Test"),
        SecurityToken = new Token(name),
    };

    public static TokenValidationResult Refused(Exception reason) => new() { Exception = reason };

    private sealed class Token(string id) : SecurityToken
    {
        public override string Id => id;

        public override string Issuer => "test";

        public override SecurityKey SecurityKey => SigningKey;

        public override SecurityKey SigningKey { get; set; } = new Key();

        public override DateTime ValidFrom => new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        public override DateTime ValidTo => new(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    }

    private sealed class Key : SecurityKey
    {
        public override int KeySize => 256;
    }
}
