using System.Globalization;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Stops the application when the "dotnet run" that started it is gone. It passes Ctrl-C and SIGTERM on to us, but its kill -9
/// would leave us, and everything we run, behind.
/// </summary>
internal sealed class DotnetRunWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Parent() is not { } parent || !IsDotnetRun(parent))
            return;

        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (Parent() != parent)
            {
                lifetime.StopApplication();
                return;
            }
        }
    }

    private static bool IsDotnetRun(int processId)
    {
        var file = $"/proc/{processId}/cmdline";
        var words = File.Exists(file) ? File.ReadAllText(file).Split('\0') : [];
        return words.Length > 1 && Path.GetFileName(words[0]) == "dotnet" && words.Contains("run");
    }

    // Fourth field; the second one is a name in brackets that may itself contain spaces and brackets.
    private static int? Parent()
    {
        const string file = "/proc/self/stat";
        return File.Exists(file) && File.ReadAllText(file) is var stat
            ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)
            : null;
    }
}
