using System.Diagnostics;

namespace AiMesh.Testing;

/// <summary>Waits for what happens a moment later.</summary>
public static class Eventually
{
    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(20);

    /// <summary>Waits until a condition holds, 20 s unless told otherwise; answers how long it took.</summary>
    /// <exception cref="TimeoutException">It did not within the patience.</exception>
    public static async Task<TimeSpan> HoldsAsync(Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            var limit = patience ?? UsualPatience;
            if (Stopwatch.GetElapsedTime(started) > limit) throw new TimeoutException($"It did not come true within {limit.TotalSeconds} s.");
            await Task.Delay(20);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Waits until a condition holds, for 20 s.</summary>
    /// <exception cref="TimeoutException">It did not within the patience.</exception>
    public static Task HoldsAsync(Func<bool> condition) => HoldsAsync(() => Task.FromResult(condition()));

    /// <summary>Waits until something is there, for 20 s, and answers it.</summary>
    /// <exception cref="TimeoutException">It was not within the patience.</exception>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> look)
        where T : class
    {
        T? found = null;
        await HoldsAsync(async () => (found = await look()) is not null);
        return found!;
    }
}
