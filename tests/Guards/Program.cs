using System.Runtime.InteropServices;
using AiMesh.Guards;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

try
{
    return await CommandLine.RunAsync(args, stop.Token);
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped.");
    return 130;
}
catch (InvalidOperationException error)
{
    // git, or the build with all guards in place.
    Console.Error.WriteLine(error.Message);
    return 2;
}

// The copy is removed and what runs there is ended before this process goes.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
