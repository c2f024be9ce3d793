using System.Collections.Concurrent;

namespace AiMesh.ProviderSimulator;

/// <summary>Scripts in line, the books, and what was received.</summary>
public sealed class SimulatorState
{
    private readonly ConcurrentQueue<Script> _scripts = new();
    private readonly ConcurrentQueue<BilledRequest> _requests = new();
    private int _numbers;

    /// <summary>Bearer token that requests must carry; null: none is asked for.</summary>
    public string? Key { get; set; }

    /// <summary>All requests for completions that got past the key.</summary>
    public IReadOnlyList<BilledRequest> Requests => [.. _requests];

    /// <summary>Bodies of these requests as they came.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    public decimal TotalCost => _requests.Sum(r => r.Cost);

    public void Enqueue(params IEnumerable<Script> scripts)
    {
        foreach (var script in scripts)
            _scripts.Enqueue(script);
    }

    public void ClearScripts() => _scripts.Clear();

    internal Script? NextScript() => _scripts.TryDequeue(out var script) ? script : null;

    internal BilledRequest Open(string model, int promptTokens, bool streamed)
    {
        var request = new BilledRequest { Number = Interlocked.Increment(ref _numbers), Model = model, PromptTokens = promptTokens, Streamed = streamed };
        _requests.Enqueue(request);
        return request;
    }
}
