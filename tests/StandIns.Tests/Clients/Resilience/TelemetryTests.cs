using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiMesh.StandIns.Tests.Clients.Resilience;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Retry_IsCountedAndLogged_WithoutTheAddress()
    {
        var log = new Lines();
        using var handler = new ScriptedHandler(number => new HttpResponseMessage(number == 1 ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddHttpClient("test").ConfigurePrimaryHttpMessageHandler(() => handler)
            .AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero);
        await using var provider = services.BuildServiceProvider();
        var counted = new List<string>();
        using var meters = new MeterListener();
        var factory = provider.GetRequiredService<IMeterFactory>();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "resilience.polly.strategy.events" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<int>((_, _, tags, _) => counted.Add(string.Join(" ", tags.ToArray().Select(tag => tag.Value))));
        meters.Start();

        using var response = await provider.GetRequiredService<IHttpClientFactory>().CreateClient("test").GetAsync(new Uri("http://service/?secret"));

        Assert.Contains("OnRetry Warning test-standard  Standard-Retry", counted);
        Assert.Contains("Resilience event OnRetry in test-standard//Standard-Retry: BadGateway.", log.Written);
        Assert.DoesNotContain(log.Written, line => line.StartsWith("Resilience", StringComparison.Ordinal) && line.Contains("secret", StringComparison.Ordinal));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<string> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Written.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
