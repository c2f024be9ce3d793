using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Logs;

/// <summary>Sends the output of all resources to the host's loggers, category <c>AppHost.Resources.name</c>.</summary>
internal sealed partial class LoggerForwarder(ResourceLoggerService logs, ILoggerFactory loggers, IHostEnvironment environment) : IHostedService
{
    private readonly ConcurrentDictionary<string, ILogger> _loggers = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        logs.LineWritten += Write;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        logs.LineWritten -= Write;
        return Task.CompletedTask;
    }

    private void Write(string resourceId, LogLine line)
    {
        var logger = _loggers.GetOrAdd(resourceId, id => loggers.CreateLogger($"{environment.ApplicationName}.Resources.{id}"));
        if (line.IsErrorMessage)
            Log.ErrorLine(logger, line.LineNumber, line.Content);
        else
            Log.Line(logger, line.LineNumber, line.Content);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{LineNumber}: {Content}")]
        public static partial void Line(ILogger logger, int lineNumber, string content);

        [LoggerMessage(2, LogLevel.Error, "{LineNumber}: {Content}")]
        public static partial void ErrorLine(ILogger logger, int lineNumber, string content);
    }
}
