using System.Net;

namespace AiMesh.Gateway.Tests.Limits;

[Trait("Level", "Server")]
public sealed class LimitsTests
{
    [Fact]
    public async Task Caller_BeyondTheBurst_IsToldWhenToComeBack_AndOthersAreNotHeldUp()
    {
        var gateway = new GatewayFixture { Settings = ["Limits:Default:Burst=3", "Limits:Default:PermitsPerSecond=1"] };
        await gateway.InitializeAsync();
        try
        {
            using var client = gateway.Client(gateway.Authority.Token("eager", "o"));
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetAsync("/api/data/datasets")));
            // A slow start may see the bucket refilled once or twice on the way.
            Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.OK), 3, 6);
            var refused = answers.First(answer => answer.StatusCode != HttpStatusCode.OK);

            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
            Assert.Equal("3", refused.Headers.GetValues("RateLimit-Limit").Single());
            Assert.Equal("0", refused.Headers.GetValues("RateLimit-Remaining").Single());

            using var other = gateway.Client(gateway.Authority.Token("patient", "o"));
            Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/data/datasets")).StatusCode);

            await Task.Delay(TimeSpan.FromSeconds(2.5));
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets")).StatusCode);
        }
        finally
        {
            await gateway.DisposeAsync();
        }
    }

    [Fact]
    public async Task ImpossibleLimit_StopsTheStart()
    {
        var gateway = new GatewayFixture { Settings = ["Limits:Ai:Burst=0"] };
        try
        {
            var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(gateway.InitializeAsync);
            Assert.Contains("between 1 and 1,000,000", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await gateway.DisposeAsync();
        }
    }
}
