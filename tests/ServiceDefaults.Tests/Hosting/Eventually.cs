using System.Diagnostics;

namespace AiMesh.ServiceDefaults.Tests.Hosting;

internal static class Eventually
{
    /// <summary>Waits until a condition holds; answers how long it took. Fails after the patience.</summary>
    public static async Task<TimeSpan> HoldsAsync(Func<Task<bool>> condition, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < patience, $"It did not come true within {patience.TotalSeconds} s.");
            await Task.Delay(20);
        }

        return Stopwatch.GetElapsedTime(started);
    }
}
