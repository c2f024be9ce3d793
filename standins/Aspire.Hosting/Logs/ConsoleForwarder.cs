using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Logs;

/// <summary>Shows the output of all resources on the console.</summary>
internal sealed class ConsoleForwarder(ResourceLoggerService logs) : IHostedService
{
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

    private static void Write(string resourceId, LogLine line) => ConsoleOutput.WriteLine(resourceId, line.Content);
}
