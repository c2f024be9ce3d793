using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Logs;

/// <summary>The host's own log, in the same form as that of the resources.</summary>
internal sealed class HostConsoleLoggerProvider : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new HostConsoleLogger();

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class HostConsoleLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // What the user can put right is said once, without a stack trace, by whoever runs the application.
            if (exception is DistributedApplicationException or OperationCanceledException)
                return;

            ConsoleOutput.WriteLine("apphost", formatter(state, exception) + (exception is null ? "" : $" {exception}"));
        }
    }
}
