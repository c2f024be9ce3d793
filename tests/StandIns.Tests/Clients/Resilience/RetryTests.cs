using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Http.Resilience;

namespace AiMesh.StandIns.Tests.Clients.Resilience;

public sealed class RetryTests
{
    [Theory]
    [InlineData(HttpStatusCode.RequestTimeout, 2)]
    [InlineData(HttpStatusCode.TooManyRequests, 2)]
    [InlineData(HttpStatusCode.InternalServerError, 2)]
    [InlineData(HttpStatusCode.NotImplemented, 2)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 2)]
    [InlineData(HttpStatusCode.BadRequest, 1)]
    [InlineData(HttpStatusCode.Unauthorized, 1)]
    [InlineData(HttpStatusCode.NotFound, 1)]
    public async Task Send_WhenTheFirstAnswerIs_IsTriedSoOften(HttpStatusCode first, int expected)
    {
        using var handler = new ScriptedHandler(number => new HttpResponseMessage(number == 1 ? first : HttpStatusCode.OK));
        await using var client = new ResilientClient(handler);

        using var response = await client.GetAsync();

        Assert.Equal(expected, handler.Requests);
        Assert.Equal(expected == 1 ? first : HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Send_WhenTheConnectionFails_IsTriedAgain()
    {
        using var handler = new ScriptedHandler(number => number == 1 ? throw new HttpRequestException("refused") : new HttpResponseMessage());
        await using var client = new ResilientClient(handler);

        using var response = await client.GetAsync();

        Assert.Equal(2, handler.Requests);
    }

    [Fact]
    public async Task Send_WhenItFailsForOtherReasons_IsNotTriedAgain()
    {
        using var handler = new ScriptedHandler(_ => throw new InvalidOperationException("a bug"));
        await using var client = new ResilientClient(handler);

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetAsync());

        Assert.Equal(1, handler.Requests);
    }

    [Fact]
    public async Task Send_WhenItKeepsFailing_ReturnsTheLastAnswerAfterThreeRetries()
    {
        using var handler = new ScriptedHandler(number => new HttpResponseMessage(HttpStatusCode.BadGateway) { ReasonPhrase = $"no. {number}" });
        await using var client = new ResilientClient(handler);

        using var response = await client.GetAsync();

        Assert.Equal("no. 4", response.ReasonPhrase);
    }

    [Fact]
    public async Task Send_WhenTheCallerCancels_IsNotTriedAgain()
    {
        using var cancellation = new CancellationTokenSource();
        using var handler = new ScriptedHandler(async (_, _, token) =>
        {
            await cancellation.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            return new HttpResponseMessage();
        });
        await using var client = new ResilientClient(handler);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(cancellationToken: cancellation.Token));

        Assert.Equal(1, handler.Requests);
    }

    [Fact]
    public async Task Send_WithRetryAfter_WaitsSoLong()
    {
        using var handler = new ScriptedHandler(number => number == 1 ? Busy(new RetryConditionHeaderValue(TimeSpan.FromSeconds(1))) : new HttpResponseMessage());
        await using var client = new ResilientClient(handler);
        var started = Stopwatch.GetTimestamp();

        using var response = await client.GetAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.95, 20);
    }

    [Fact]
    public async Task DelayGenerator_ForRetryAfterInThePast_IsZero()
    {
        var options = new HttpRetryStrategyOptions();
        using var response = Busy(new RetryConditionHeaderValue(DateTimeOffset.UtcNow.AddMinutes(-1)));

        var delay = await options.DelayGenerator!(Arguments(response));

        Assert.Equal(TimeSpan.Zero, delay);
    }

    [Fact]
    public async Task DelayGenerator_ForRetryAfterAsDate_IsTheTimeUntilThen()
    {
        var options = new HttpRetryStrategyOptions();
        using var response = Busy(new RetryConditionHeaderValue(DateTimeOffset.UtcNow.AddMinutes(1)));

        var delay = await options.DelayGenerator!(Arguments(response));

        Assert.InRange(delay!.Value.TotalSeconds, 50, 60);
    }

    [Fact]
    public async Task Send_WithRetryAfterSwitchedOff_DoesNotWait()
    {
        using var handler = new ScriptedHandler(number => number == 1 ? Busy(new RetryConditionHeaderValue(TimeSpan.FromHours(1))) : new HttpResponseMessage());
        await using var client = new ResilientClient(handler, options => options.Retry.ShouldRetryAfterHeader = false);

        using var response = await client.GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Post_IsTriedAgainWithTheSameBody()
    {
        using var handler = new ScriptedHandler(number => new HttpResponseMessage(number == 1 ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
        await using var client = new ResilientClient(handler);
        using var content = new StringContent("body");

        using var response = await client.Http.PostAsync(new Uri("http://service/"), content);

        Assert.Equal(["body", "body"], handler.Bodies);
    }

    [Theory]
    [InlineData("GET", 2)]
    [InlineData("HEAD", 2)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("PATCH", 1)]
    [InlineData("DELETE", 1)]
    public async Task Send_WithUnsafeMethodsDisabled_TriesOnlySafeOnesAgain(string method, int expected)
    {
        using var handler = new ScriptedHandler(number => new HttpResponseMessage(number == 1 ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
#pragma warning disable EXTEXP0001 // Marked experimental by the real package, which is what is tested.
        await using var client = new ResilientClient(handler, options => options.Retry.DisableForUnsafeHttpMethods());
#pragma warning restore EXTEXP0001
        using var request = new HttpRequestMessage(new HttpMethod(method), "http://service/");

        using var response = await client.Http.SendAsync(request);

        Assert.Equal(expected, handler.Requests);
    }

    [Fact]
    public async Task Send_Synchronously_IsTriedAgain()
    {
        using var handler = new ScriptedHandler(number => new HttpResponseMessage(number == 1 ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
        await using var client = new ResilientClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://service/");

        using var response = await Task.Run(() => client.Http.Send(request));

        Assert.Equal((HttpStatusCode.OK, 2), (response.StatusCode, handler.Requests));
    }

    private static HttpResponseMessage Busy(RetryConditionHeaderValue retryAfter)
    {
        var response = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter = retryAfter;
        return response;
    }

    private static Polly.Retry.RetryDelayGeneratorArguments<HttpResponseMessage> Arguments(HttpResponseMessage response)
        => new(Polly.ResilienceContextPool.Shared.Get(CancellationToken.None), Polly.Outcome.FromResult(response), 0);
}
