using System.Text.Json.Nodes;
using AiMesh.AuthService.ExternalSignIn.Oidc;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

public sealed class IdTokenFuzzTests
{
    private const int Mutations = 20_000;
    private const string Alphabet = "ABab01-_.=+/ \n{}\"é";

    [Fact]
    public void Read_OfMutatedTokens_NeverThrows_AndChangesWhatWasSigned()
    {
        var random = new Random(20_261_121);
        var keys = new FakeKeys();
        var token = keys.Sign(new JsonObject { ["alg"] = "ES256", ["kid"] = keys.Id }, new JsonObject { ["sub"] = "subject-1", ["aud"] = new JsonArray("aimesh") });
        var key = ProviderKey.Read(System.Text.Json.JsonSerializer.SerializeToElement(keys.ToJwks()["keys"]![0]))!;
        Assert.True(Verifies(key, token));

        for (var i = 0; i < Mutations; i++)
        {
            var mutated = Mutate(random, token);
            if (mutated != token) Assert.False(Verifies(key, mutated), mutated);
        }
    }

    private static bool Verifies(ProviderKey key, string text) =>
        IdToken.Read(text) is ({ } token, null) && key.Verify(token.Algorithm, token.Signed, token.Signature);

    private static string Mutate(Random random, string token)
    {
        var at = random.Next(token.Length);
        var other = Alphabet[random.Next(Alphabet.Length)];
        return random.Next(5) switch
        {
            0 => token.Remove(at, 1),
            1 => token.Insert(at, $"{other}"),
            2 => $"{token[..at]}{other}{token[(at + 1)..]}",
            3 => token[..at],
            _ => $"{token[..at]}{token[random.Next(token.Length)..]}",
        };
    }
}
