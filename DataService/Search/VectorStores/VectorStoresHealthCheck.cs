using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Degraded, never unhealthy, while a store of vectors cannot be reached: searches go on by comparing what the database has.</summary>
internal sealed class VectorStoresHealthCheck(VectorStoreRegistry stores, TimeProvider clock) : IHealthCheck, IDisposable
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
                var lost = await Task.WhenAll(stores.All.Select(async store => await AnswersAsync(store.Value, cancellationToken) ? null : store.Key));
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

    private static async Task<bool> AnswersAsync(IVectorStore store, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await store.PingAsync(patience.Token);
            return true;
        }
        catch (Exception e) when (e is MeshException or InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
