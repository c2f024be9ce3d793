using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiMesh.Testing;

/// <summary>Waits for services that run within the process of the tests.</summary>
public static class HostStart
{
    /// <summary>Returns when the host has started; throws what ended it instead.</summary>
    /// <param name="host">As it was built.</param>
    /// <param name="run">The service's Main.</param>
    public static async Task UntilStartedAsync(this IHost host, Task run)
    {
        ArgumentNullException.ThrowIfNull(host);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await using var registration = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
            if (await Task.WhenAny(started.Task, run) == run) await run;
        }
        catch (ObjectDisposedException)
        {
            // It ended so soon that it is gone already: why, its run tells.
            await run;
            throw;
        }
    }
}
