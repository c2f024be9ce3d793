using AiMesh.AiService.Providers;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Routing;

/// <summary>
/// A circuit breaker per provider. Closed: calls pass. Open, after failures in a row or when the provider asked for it: none does.
/// Half-open, once that time is over: one call at a time probes, until one has shown that the provider answers again.
/// </summary>
internal sealed class ProviderHealth(TimeProvider time, IOptions<RoutingOptions> options)
{
    /// <summary>A wrong key does not become right within seconds.</summary>
    private static readonly TimeSpan KeyRefusedFor = TimeSpan.FromMinutes(1);

    /// <summary>However long a provider asks to be left alone, it is tried again after this.</summary>
    private static readonly TimeSpan LongestBreak = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Circuit> _circuits = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>False while the provider is left alone.</summary>
    public bool IsHealthy(string provider) => WaitOf(provider) is null;

    /// <summary>When the provider may be tried again; null when it may be now.</summary>
    public TimeSpan? WaitOf(string provider)
    {
        lock (_lock)
            return Of(provider).OpenUntil is { } until && until > time.GetUtcNow() ? until - time.GetUtcNow() : null;
    }

    /// <summary>
    /// Asks to make a call; null: not now. Every admission must come back by <see cref="Succeeded"/>, <see cref="Failed"/> or
    /// <see cref="Abandoned"/>.
    /// </summary>
    public Admission? TryEnter(string provider)
    {
        lock (_lock)
        {
            var circuit = Of(provider);
            if (circuit.OpenUntil is not { } until) return new Admission(provider, circuit.Epoch, IsProbe: false);
            if (until > time.GetUtcNow() || circuit.IsProbing) return null;
            circuit.IsProbing = true;
            return new Admission(provider, circuit.Epoch, IsProbe: true);
        }
    }

    /// <summary>The provider answered.</summary>
    public void Succeeded(Admission admission)
    {
        lock (_lock)
            Close(Returned(admission), admission);
    }

    public void Failed(Admission admission, ProviderException failure)
    {
        lock (_lock)
        {
            var circuit = Returned(admission);

            // Whoever refuses a request is there to refuse it.
            if (!failure.CountsAgainstProvider) Close(circuit, admission);
            else if (failure.Failure is ProviderFailure.Unauthorised) Open(circuit, KeyRefusedFor);
            else if (failure.RetryAfter is { } asked && asked > TimeSpan.Zero) Open(circuit, asked < LongestBreak ? asked : LongestBreak);
            else if (admission.Epoch == circuit.Epoch && (admission.IsProbe || ++circuit.Failures >= options.Value.BreakAfter)) Open(circuit, options.Value.BreakFor);
        }
    }

    /// <summary>The caller left before the provider had shown anything.</summary>
    public void Abandoned(Admission admission)
    {
        lock (_lock)
            Returned(admission);
    }

    private Circuit Returned(Admission admission)
    {
        var circuit = Of(admission.Provider);
        if (admission.IsProbe) circuit.IsProbing = false;
        return circuit;
    }

    // A call that began before the circuit opened says nothing about how the provider is since.
    private static void Close(Circuit circuit, Admission admission)
    {
        if (admission.Epoch == circuit.Epoch) (circuit.Failures, circuit.OpenUntil) = (0, null);
    }

    private void Open(Circuit circuit, TimeSpan duration)
    {
        var until = time.GetUtcNow() + duration;
        circuit.Epoch++;
        circuit.Failures = 0;
        if (circuit.OpenUntil is not { } already || already < until) circuit.OpenUntil = until;
    }

    private Circuit Of(string provider)
    {
        if (!_circuits.TryGetValue(provider, out var circuit)) _circuits.Add(provider, circuit = new Circuit());
        return circuit;
    }

    private sealed class Circuit
    {
        /// <summary>In a row, while closed.</summary>
        public int Failures { get; set; }

        /// <summary>Null: closed. Past: half-open.</summary>
        public DateTimeOffset? OpenUntil { get; set; }

        public bool IsProbing { get; set; }

        /// <summary>How often it has opened.</summary>
        public int Epoch { get; set; }
    }
}

/// <summary>Leave to make one call.</summary>
/// <param name="Provider">Of whom.</param>
/// <param name="Epoch">How often the circuit had opened by then.</param>
/// <param name="IsProbe">The call finds out whether the provider answers again.</param>
internal readonly record struct Admission(string Provider, int Epoch, bool IsProbe);
