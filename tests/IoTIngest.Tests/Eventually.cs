using System.Diagnostics;

namespace AiMesh.IoTIngest.Tests;

internal static class Eventually
{
    /// <summary>Waits until a condition holds; fails after the patience.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < patience, $"It did not come true within {patience.TotalSeconds} s.");
            await Task.Delay(20);
        }
    }
}
