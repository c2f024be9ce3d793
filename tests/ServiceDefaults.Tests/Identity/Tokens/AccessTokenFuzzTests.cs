using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class AccessTokenFuzzTests : IDisposable
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0\"{}:é\ud800";

    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Verify_OfMutatedTokens_AcceptsNoneAndNeverThrows()
    {
        // A fixed seed: a failure can be seen again.
        var random = new Random(20_000);
        var genuine = new[] { _bench.Token(), _bench.Sign(TokenBench.Header, _bench.Payload) };
        foreach (var token in genuine) Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));

        for (var i = 0; i < 20_000; i++)
        {
            var mutated = Mutate(genuine[i % 2], genuine[(i + 1) % 2], random);
            if (Array.IndexOf(genuine, mutated) >= 0) continue;
            Assert.False(await _bench.VerifyAsync(mutated) is VerifiedToken, mutated);
        }
    }

    [Fact]
    public async Task Verify_OfMutatedPayloadsUnderAGoodSignature_NeverThrows()
    {
        var random = new Random(4_000);
        var accepted = 0;
        for (var i = 0; i < 4_000; i++)
        {
            var payload = MutateText(_bench.Payload.Replace('é', 'e'), random);
            if (await _bench.VerifyAsync(_bench.Sign(TokenBench.Header, payload)) is VerifiedToken) accepted++;
        }

        // Many mutations change a name or an unread claim only: the signer may say so.
        Assert.InRange(accepted, 1, 3_900);
    }

    private static string Mutate(string token, string other, Random random)
    {
        var rounds = random.Next(1, 4);
        for (var i = 0; i < rounds; i++)
        {
            token = random.Next(6) switch
            {
                0 => Splice(token, other, random),
                1 => SwapParts(token, random),
                _ => MutateText(token, random),
            };
        }

        return token;
    }

    private static string MutateText(string text, Random random)
    {
        if (text.Length == 0) return "x";
        var at = random.Next(text.Length);
        return random.Next(5) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, Alphabet[random.Next(Alphabet.Length)].ToString()),
            2 => text[..at] + (char)(text[at] ^ (1 << random.Next(7))) + text[(at + 1)..],
            3 => text[..at] + text[random.Next(text.Length)..],
            _ => text[..at] + Alphabet[random.Next(Alphabet.Length)] + text[(at + 1)..],
        };
    }

    private static string Splice(string token, string other, Random random) =>
        token[..random.Next(token.Length + 1)] + other[random.Next(other.Length + 1)..];

    private static string SwapParts(string token, Random random)
    {
        var parts = token.Split('.');
        random.Shuffle(parts);
        return string.Join('.', parts);
    }
}
