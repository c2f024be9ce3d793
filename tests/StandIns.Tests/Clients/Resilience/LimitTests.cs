using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;

namespace AiMesh.StandIns.Tests.Clients.Resilience;

public sealed class LimitTests
{
    [Fact]
    public async Task Attempt_ThatTakesTooLong_IsTriedAgain()
    {
        using var handler = new ScriptedHandler(async (number, _, token) =>
        {
            await Task.Delay(number == 1 ? Timeout.Infinite : 0, token);
            return new HttpResponseMessage();
        });
        await using var client = new ResilientClient(handler, options => options.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(200));

        using var response = await client.GetAsync();

        Assert.Equal(2, handler.Requests);
    }

    [Fact]
    public async Task Request_ThatTakesTooLongAltogether_IsGivenUp()
    {
        using var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.BadGateway));
        await using var client = new ResilientClient(handler, options =>
        {
            options.Retry.Delay = TimeSpan.FromHours(1);
            options.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(200);
            options.TotalRequestTimeout.Timeout = TimeSpan.FromMilliseconds(300);
        });

        await Assert.ThrowsAsync<TimeoutRejectedException>(() => client.GetAsync());
    }

    [Fact]
    public async Task Breaker_AfterFailures_OpensAndClosesAgain()
    {
        var failing = true;
        using var handler = new ScriptedHandler(_ => new HttpResponseMessage(failing ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
        await using var client = new ResilientClient(handler, BreakEarly);
        await Assert.ThrowsAsync<BrokenCircuitException>(() => OpenAsync(client));
        var before = handler.Requests;

        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.GetAsync());
        Assert.Equal(before, handler.Requests);

        failing = false;
        await Task.Delay(TimeSpan.FromSeconds(1.2));
        using var response = await client.GetAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Breaker_OutlivesTheHandlersOfItsClient()
    {
        using var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.BadGateway));
        var services = new ServiceCollection();
        services.AddHttpClient("test").SetHandlerLifetime(TimeSpan.FromSeconds(1)).ConfigurePrimaryHttpMessageHandler(() => handler)
            .AddStandardResilienceHandler(options =>
            {
                BreakEarly(options);
                options.Retry.Delay = TimeSpan.Zero;
                options.CircuitBreaker.BreakDuration = TimeSpan.FromMinutes(1);
            });
        await using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();
        await Assert.ThrowsAsync<BrokenCircuitException>(() => OpenAsync(factory.CreateClient("test")));

        await Task.Delay(TimeSpan.FromSeconds(1.5));

        await Assert.ThrowsAsync<BrokenCircuitException>(() => factory.CreateClient("test").GetAsync(new Uri("http://service/")));
    }

    [Fact]
    public async Task Breaker_SelectedByAuthority_LeavesOtherServicesAlone()
    {
        using var handler = FailingFor("bad");
        await using var client = new ResilientClient(handler, BreakEarly, pipeline => pipeline.SelectPipelineByAuthority());
        await Assert.ThrowsAsync<BrokenCircuitException>(() => OpenAsync(client, "http://bad/"));

        using var response = await client.GetAsync("http://good/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.GetAsync("http://bad/"));
    }

    [Fact]
    public async Task Breaker_NotSelected_IsSharedByAllServicesOfTheClient()
    {
        using var handler = FailingFor("bad");
        await using var client = new ResilientClient(handler, BreakEarly);
        await Assert.ThrowsAsync<BrokenCircuitException>(() => OpenAsync(client, "http://bad/"));

        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.GetAsync("http://good/"));
    }

    [Fact]
    public async Task Breaker_SelectedByKey_FollowsTheKey()
    {
        using var handler = FailingFor("bad");
        await using var client = new ResilientClient(
            handler, BreakEarly, pipeline => pipeline.SelectPipelineBy(_ => request => request.RequestUri!.AbsolutePath));
        await Assert.ThrowsAsync<BrokenCircuitException>(() => OpenAsync(client, "http://bad/one"));

        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.GetAsync("http://good/one"));
        using var response = await client.GetAsync("http://good/two");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Limiter_WithoutPermits_Refuses()
    {
        var refusals = 0;
        var release = new TaskCompletionSource();
        using var handler = new ScriptedHandler(async (_, _, _) =>
        {
            await release.Task;
            return new HttpResponseMessage();
        });
        await using var client = new ResilientClient(handler, options =>
        {
            options.RateLimiter.DefaultRateLimiterOptions.PermitLimit = 1;
            options.RateLimiter.OnRejected = _ =>
            {
                refusals++;
                return default;
            };
        });
        var first = client.GetAsync();

        await Assert.ThrowsAsync<RateLimiterRejectedException>(() => client.GetAsync());
        release.SetResult();
        using var response = await first;

        // The permit came back with the response.
        using var again = await client.GetAsync();
        Assert.Equal((1, 2), (refusals, handler.Requests));
    }

    private static ScriptedHandler FailingFor(string host) => new((_, request, _) => Task.FromResult(
        new HttpResponseMessage(request.RequestUri!.Host == host ? HttpStatusCode.BadGateway : HttpStatusCode.OK)));

    private static void BreakEarly(HttpStandardResilienceOptions options)
    {
        options.Retry.MaxRetryAttempts = 1;
        options.CircuitBreaker.MinimumThroughput = 4;
        options.CircuitBreaker.FailureRatio = 0.5;
        options.CircuitBreaker.BreakDuration = TimeSpan.FromSeconds(1);
    }

    private static Task OpenAsync(ResilientClient client, string uri = "http://service/") => OpenAsync(client.Http, uri);

    private static async Task OpenAsync(HttpClient client, string uri = "http://service/")
    {
        for (var i = 0; i < 10; i++)
        {
            using var response = await client.GetAsync(new Uri(uri));
        }
    }
}
