using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class AccessTokenFuzzTests : IDisposable
{
    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Verify_OfMutatedTokens_AcceptsNoneAndNeverThrows()
    {
        // A fixed seed: a failure can be seen again.
        var mutations = new TokenMutations(new Random(100_000));
        var genuine = new[] { _bench.Token(), _bench.Sign(TokenBench.Header, _bench.Payload) };
        foreach (var token in genuine) Assert.IsType<VerifiedToken>(await _bench.VerifyAsync(token));

        var seen = new Dictionary<TokenRejection, int>();
        for (var i = 0; i < 100_000; i++)
        {
            string mutated;
            do mutated = mutations.Mutate(genuine[i % 2], genuine[(i + 1) % 2]);
            while (Array.IndexOf(genuine, mutated) >= 0);

            var rejected = await _bench.VerifyAsync(mutated) as TokenRejected;
            Assert.True(rejected is not null, mutated);
            seen[rejected.Reason] = seen.GetValueOrDefault(rejected.Reason) + 1;
        }

        // The mutations get past the first look at a token as well.
        foreach (var reason in (TokenRejection[])[TokenRejection.Malformed, TokenRejection.HeaderNotAllowed, TokenRejection.AlgorithmNotAllowed, TokenRejection.UnknownKey, TokenRejection.BadSignature])
            Assert.True(seen.GetValueOrDefault(reason) > 200, $"{reason}: {seen.GetValueOrDefault(reason)}");
    }

    [Fact]
    public async Task Verify_OfMutatedPayloadsUnderAGoodSignature_NeverThrows()
    {
        var mutations = new TokenMutations(new Random(4_000));
        var accepted = 0;
        for (var i = 0; i < 4_000; i++)
        {
            var payload = mutations.MutateText(_bench.Payload.Replace('é', 'e'));
            if (await _bench.VerifyAsync(_bench.Sign(TokenBench.Header, payload)) is VerifiedToken) accepted++;
        }

        // Many mutations change a name or an unread claim only: the signer may say so.
        Assert.InRange(accepted, 1, 3_900);
    }
}
