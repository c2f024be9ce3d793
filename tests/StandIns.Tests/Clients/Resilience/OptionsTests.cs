using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace AiMesh.StandIns.Tests.Clients.Resilience;

public sealed class OptionsTests
{
    [Fact]
    public void Defaults_AreTheDocumentedOnes()
    {
        var options = new HttpStandardResilienceOptions();

        Assert.Equal((1000, 0), (options.RateLimiter.DefaultRateLimiterOptions.PermitLimit, options.RateLimiter.DefaultRateLimiterOptions.QueueLimit));
        Assert.Equal(TimeSpan.FromSeconds(30), options.TotalRequestTimeout.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(10), options.AttemptTimeout.Timeout);
        Assert.Equal(
            (3, TimeSpan.FromSeconds(2), DelayBackoffType.Exponential, true, true),
            (options.Retry.MaxRetryAttempts, options.Retry.Delay, options.Retry.BackoffType, options.Retry.UseJitter, options.Retry.ShouldRetryAfterHeader));
        Assert.Equal(
            (0.1, 100, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)),
            (options.CircuitBreaker.FailureRatio, options.CircuitBreaker.MinimumThroughput, options.CircuitBreaker.SamplingDuration, options.CircuitBreaker.BreakDuration));
    }

    [Fact]
    public async Task Client_WithTheHandler_HasNoTimeoutOfItsOwn()
    {
        using var handler = new ScriptedHandler(_ => new HttpResponseMessage());
        await using var client = new ResilientClient(handler);

        Assert.Equal(Timeout.InfiniteTimeSpan, client.Http.Timeout);
    }

    [Fact]
    public async Task Start_WithOptionsThatContradictEachOther_ReportsAllOfIt()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHttpClient("x").AddStandardResilienceHandler(options =>
        {
            options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(40);
            options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(20);
        });
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(error.Failures, failure => failure.Contains("Total request timeout", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.Contains("sampling duration", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_WithValuesOutOfRange_ReportsAllOfThem()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHttpClient("x").AddStandardResilienceHandler(options =>
        {
            options.Retry.MaxRetryAttempts = 0;
            options.CircuitBreaker.FailureRatio = 2;
            options.AttemptTimeout = null!;
        });
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(3, error.Failures.Count());
        Assert.Contains("The AttemptTimeout field is required.", error.Failures);
    }

    [Fact]
    public async Task Configure_FromASection_BindsAndFollowsIt()
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Resilience:Retry:MaxRetryAttempts"] = "1",
            ["Resilience:Retry:Delay"] = "00:00:00",
        });
        using var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.BadGateway));
        await using var client = new ResilientClient(handler, pipeline: p => p.Configure(configuration.GetSection("Resilience")));

        using var first = await client.GetAsync();
        Assert.Equal(2, handler.Requests);

        configuration["Resilience:Retry:MaxRetryAttempts"] = "4";
        ((IConfigurationRoot)configuration).Reload();
        using var second = await client.GetAsync();
        Assert.Equal(2 + 5, handler.Requests);
    }

    [Fact]
    public async Task Configure_FromASectionWithUnknownKeys_FailsTheStart()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Resilience:Retry:MaxRetries"] = "1";
        builder.Services.AddHttpClient("x").AddStandardResilienceHandler(builder.Configuration.GetSection("Resilience"));
        using var host = builder.Build();

        await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
    }

    [Fact]
    public void Configure_FromAnEmptySection_Throws()
    {
        var client = new ServiceCollection().AddHttpClient("x");

        Assert.Throws<ArgumentException>(() => client.AddStandardResilienceHandler(new ConfigurationManager().GetSection("none")));
    }

    [Fact]
    public async Task ClientDefaults_ApplyToEveryClientButThoseThatRemoveThem()
    {
        using var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.BadGateway));
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(http => http
            .ConfigurePrimaryHttpMessageHandler(() => handler)
            .AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero));
#pragma warning disable EXTEXP0001 // Marked experimental by the real package, which is what is tested.
        services.AddHttpClient("bare").RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        await using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();

        using var retried = await factory.CreateClient("any").GetAsync(new Uri("http://service/"));
        Assert.Equal(4, handler.Requests);

        using var once = await factory.CreateClient("bare").GetAsync(new Uri("http://service/"));
        Assert.Equal(4 + 1, handler.Requests);
    }
}
