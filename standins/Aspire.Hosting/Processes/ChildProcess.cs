using System.Diagnostics;

namespace Aspire.Hosting.Processes;

/// <summary>A running program that dies with this process; see <see cref="Launcher"/>.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan OutputDrain = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly string _stopSignal;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process, ChildProcessOptions options, Action<string, bool> onLine)
    {
        _process = process;
        _stopSignal = options.StopSignal;
        Id = process.Id;

        process.OutputDataReceived += (_, line) => Forward(line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => Forward(line.Data, isError: true);
        process.Exited += (_, _) => _ended.TrySetResult();
        process.EnableRaisingEvents = true;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exited = WaitForExitAsync();

        void Forward(string? line, bool isError)
        {
            if (line is not null)
                onLine(line, isError);
        }
    }

    public int Id { get; }

    /// <summary>Completes with the exit code (128 + signal number if killed) after the last line of output.</summary>
    public Task<int> Exited { get; }

    /// <param name="options">What to run.</param>
    /// <param name="onLine">Called with every line of output; the flag tells standard error. May be called concurrently.</param>
    public static ChildProcess Start(ChildProcessOptions options, Action<string, bool> onLine) =>
        new(Launcher.Start(options), options, onLine);

    /// <summary>Runs a short program to its end.</summary>
    /// <exception cref="InvalidOperationException">It ended with an error; the message has its last lines.</exception>
    public static async Task<string> RunAsync(ChildProcessOptions options, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await using var child = Start(options, (line, _) => { lock (lines) lines.Add(line); });
        var exitCode = await child.Exited.WaitAsync(cancellationToken);
        var output = string.Join('\n', lines);
        return exitCode == 0
            ? output
            : throw new InvalidOperationException($"{Path.GetFileName(options.FileName)} ended with code {exitCode}: {output}");
    }

    /// <summary>Sends a signal (name without SIG); does nothing when the program has ended.</summary>
    public void Signal(string name)
    {
        try
        {
            lock (_process)
            {
                _process.StandardInput.WriteLine(name);
                _process.StandardInput.Flush();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The watching shell has gone, and it goes only after the program.
        }
    }

    /// <summary>Asks the program to end and kills it if it has not after <paramref name="grace"/>.</summary>
    public async Task<int> StopAsync(TimeSpan grace, string? signal = null)
    {
        Signal(signal ?? _stopSignal);
        try
        {
            return await Exited.WaitAsync(grace);
        }
        catch (TimeoutException)
        {
            Signal("KILL");
            return await Exited;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, "KILL");
        _process.Dispose();
    }

    private async Task<int> WaitForExitAsync()
    {
        await _ended.Task;
        Signal("over");
        using var drained = new CancellationTokenSource(OutputDrain);
        try
        {
            // Also waits for the end of the output, which a descendant that left the group may hold open for ever.
            await _process.WaitForExitAsync(drained.Token);
        }
        catch (OperationCanceledException)
        {
            // The program is over all the same; whatever the descendant still writes is not ours to wait for.
        }

        return _process.ExitCode;
    }
}
