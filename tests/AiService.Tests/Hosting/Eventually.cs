using System.Diagnostics;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>Waits for what happens a moment later.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<T> GetAsync<T>(Func<Task<T?>> look)
        where T : class
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await look() is { } found) return found;
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, "It never came.");
            await Task.Delay(20);
        }
    }

    public static Task HoldsAsync(Func<bool> condition) => GetAsync(() => Task.FromResult(condition() ? "" : null));
}
