using AiMesh.ServiceDefaults.Health;
using AiMesh.ServiceDefaults.Tests.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Tests.Health;

public sealed class HealthLogTests : IDisposable
{
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly LogSink _sink = new();
    private readonly ILoggerFactory _loggers;
    private readonly HealthLog _log;

    public HealthLogTests()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_sink));
        _log = new HealthLog(_time, _loggers.CreateLogger<HealthLog>());
    }

    private string[] Lines => _sink.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose() => _loggers.Dispose();

    [Fact]
    public void Check_ThatIsNotHealthyYet_IsSaidOnceAndAsNoError()
    {
        Note(HealthStatus.Unhealthy);
        _time.Advance(TimeSpan.FromSeconds(10));
        Note(HealthStatus.Unhealthy);
        Note(HealthStatus.Healthy);
        Note(HealthStatus.Healthy);

        Assert.Equal(2, Lines.Length);
        Assert.All(Lines, line => Assert.StartsWith("Information ", line, StringComparison.Ordinal));
        Assert.EndsWith("Not ready yet, waiting for authority (No keys.) ", Lines[0], StringComparison.Ordinal);
        Assert.EndsWith("Ready ", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ThatStaysSo_IsAnErrorOnce()
    {
        Note(HealthStatus.Unhealthy);
        _time.Advance(HealthLog.StartTime);
        Note(HealthStatus.Unhealthy);
        Note(HealthStatus.Unhealthy);

        Assert.Equal(2, Lines.Length);
        Assert.StartsWith("Error ", Lines[1], StringComparison.Ordinal);
        Assert.Contains("No keys.", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ThatWasHealthy_IsAnErrorAtOnceWithItsCause()
    {
        Note(HealthStatus.Healthy);
        Note(HealthStatus.Unhealthy, new TimeoutException("five seconds"));
        Note(HealthStatus.Healthy);

        Assert.StartsWith("Error ", Lines[0], StringComparison.Ordinal);
        Assert.Contains("five seconds", Lines[0], StringComparison.Ordinal);
        Assert.EndsWith("Health check authority is healthy ", Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ThatIsDegraded_IsAWarning()
    {
        Note(HealthStatus.Healthy);
        Note(HealthStatus.Degraded);
        Note(HealthStatus.Unhealthy);

        Assert.Equal(["Warning", "Error"], Lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Check_ThatIsAlwaysHealthy_IsNotSpokenOf()
    {
        Note(HealthStatus.Healthy);
        Note(HealthStatus.Healthy);

        Assert.Empty(Lines);
    }

    private void Note(HealthStatus status, Exception? exception = null) => _log.Note(new HealthReport(
        new Dictionary<string, HealthReportEntry>
        {
            ["authority"] = new(status, "No keys.", TimeSpan.Zero, exception, data: null),
        },
        TimeSpan.Zero));
}
