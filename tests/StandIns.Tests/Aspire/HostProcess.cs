using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace AiMesh.StandIns.Tests.Aspire;

/// <summary>The sample AppHost as a process of its own, as a user starts it.</summary>
internal sealed partial class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly List<string> _lines = [];

    private HostProcess(Process process) => _process = process;

    public static string Executable => Path.Combine(AppContext.BaseDirectory, "Sample.AppHost");

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    public static HostProcess Start(params string[] arguments) => Start(Executable, arguments);

    public static HostProcess Start(string fileName, string[] arguments)
    {
        var process = new Process
        {
            // Whoever runs the tests in a shell's background has SIGINT ignored, and children inherit that.
            StartInfo = new ProcessStartInfo("env", ["--default-signal=INT", fileName, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        var host = new HostProcess(process);
        process.OutputDataReceived += (_, line) => host.Add(line.Data);
        process.ErrorDataReceived += (_, line) => host.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return host;
    }

    /// <summary>Waits until a line of the output contains the text.</summary>
    public async Task<string> UntilAsync(string text)
    {
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < Patience)
        {
            lock (_lines)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                    return found;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"'{text}' did not appear in:\n{Output}");
    }

    /// <summary>Waits until everything runs.</summary>
    public Task RunningAsync() => UntilAsync("Everything runs after");

    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal as the kill command does.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>The address that the table shows for an endpoint of a resource.</summary>
    public Uri AddressOf(string resource, string endpoint)
    {
        var row = Output.Split('\n').Last(line => line.StartsWith(resource + ' ', StringComparison.Ordinal));
        return new Uri(Address().Matches(row).First(match => match.Groups["name"].Value == endpoint).Groups["url"].Value);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Its children end by themselves, but not at the same moment, and until then they write to the test's folder.
            var children = ProcessTable.DescendantsOf(Id);
            _process.Kill();
            await _process.WaitForExitAsync();
            await ProcessTable.GoneAsync(children);
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
            return;

        lock (_lines)
            _lines.Add(line);
    }

    [GeneratedRegex(@"(?<name>\w+)=(?<url>\w+://\S+)")]
    private static partial Regex Address();
}
