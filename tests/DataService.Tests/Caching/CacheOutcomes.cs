using System.Diagnostics.Metrics;

namespace AiMesh.DataService.Tests.Caching;

/// <summary>Counts what became of reads at gateways of this process, as their metrics say.</summary>
internal sealed class CacheOutcomes : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _hits;
    private long _misses;
    private long _bypassed;

    public CacheOutcomes()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "aimesh.gateway.cache.requests") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var (_, outcome) in tags)
            {
                if (outcome is "hit") Interlocked.Add(ref _hits, value);
                else if (outcome is "miss") Interlocked.Add(ref _misses, value);
                else Interlocked.Add(ref _bypassed, value);
            }
        });
        _listener.Start();
    }

    public long Hits => Interlocked.Read(ref _hits);

    public long Misses => Interlocked.Read(ref _misses);

    public long Bypassed => Interlocked.Read(ref _bypassed);

    public void Dispose() => _listener.Dispose();
}
