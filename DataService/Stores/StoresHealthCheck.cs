using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.DataService.Stores;

/// <summary>
/// Degraded, never unhealthy, while a store cannot be reached: all else is served on. The log says which stores, by the names that the configuration gives them; whoever probes learns only that
/// some are away.
/// </summary>
internal sealed class StoresHealthCheck(IReadOnlyDictionary<string, Func<CancellationToken, Task>> pings, TimeProvider clock) : IHealthCheck, IDisposable
{
    // Probes come often, and each question costs.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1);
    private (HealthCheckResult Result, DateTimeOffset Until) _known;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() >= _known.Until)
            {
                var lost = await Task.WhenAll(pings.Select(async store => await AnswersAsync(store.Value, cancellationToken) ? null : store.Key));
                var names = string.Join(", ", lost.OfType<string>().Order(StringComparer.Ordinal));
                _known = (names.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded($"Not reached: {names}."), clock.GetUtcNow() + Fresh);
            }

            return _known.Result;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private static async Task<bool> AnswersAsync(Func<CancellationToken, Task> ping, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await ping(patience.Token);
            return true;
        }
        catch (Exception e) when (e is MeshException or InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}

internal static class StoresHealthRegistration
{
    /// <summary>Adds a check of stores.</summary>
    /// <param name="services">Of the host.</param>
    /// <param name="name">What <c>/health</c> calls them.</param>
    /// <param name="pings">By the name of the store.</param>
    public static void AddStoresHealthCheck(this IServiceCollection services, string name, IReadOnlyDictionary<string, Func<CancellationToken, Task>> pings)
    {
        // The registration makes one for each probe; what was learnt must outlive it.
        services.AddKeyedSingleton(name, (provider, _) => new StoresHealthCheck(pings, provider.GetRequiredService<TimeProvider>()));
        services.AddHealthChecks().Add(new HealthCheckRegistration(name, provider => provider.GetRequiredKeyedService<StoresHealthCheck>(name), failureStatus: null, tags: null));
    }
}
