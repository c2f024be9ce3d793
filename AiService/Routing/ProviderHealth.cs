using AiMesh.AiService.Providers;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Routing;

/// <summary>What calls have learnt about each provider: a circuit breaker, and how fast it begins to answer.</summary>
internal sealed class ProviderHealth(TimeProvider time, IOptions<RoutingOptions> options)
{
    /// <summary>Share of the newest observation in the running mean.</summary>
    private const double Newest = 0.2;

    /// <summary>A wrong key does not become right within seconds.</summary>
    private static readonly TimeSpan KeyRefusedFor = TimeSpan.FromMinutes(1);

    /// <summary>However long a provider asks to be left alone, it is tried again after this.</summary>
    private static readonly TimeSpan LongestBreak = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>False while the provider is left alone.</summary>
    public bool IsHealthy(string provider)
    {
        lock (_lock)
            return Of(provider).OpenUntil is not { } until || until <= time.GetUtcNow();
    }

    /// <summary>When the provider may be tried again; null when it may be now.</summary>
    public TimeSpan? WaitOf(string provider)
    {
        lock (_lock)
            return Of(provider).OpenUntil is { } until && until > time.GetUtcNow() ? until - time.GetUtcNow() : null;
    }

    /// <summary>Mean time to the first piece of an answer; null when it was never observed.</summary>
    public TimeSpan? FirstTokenOf(string provider)
    {
        lock (_lock)
            return Of(provider).FirstToken is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>
    /// Asks to make a call. After a break only one call at a time gets through, until it has shown that the provider answers again.
    /// Every true must be followed by <see cref="Succeeded"/>, <see cref="Failed"/> or <see cref="Abandoned"/>.
    /// </summary>
    public bool TryEnter(string provider)
    {
        lock (_lock)
        {
            var state = Of(provider);
            if (state.OpenUntil is not { } until) return true;
            if (until > time.GetUtcNow() || state.Probing) return false;
            state.Probing = true;
            return true;
        }
    }

    public void Succeeded(string provider, TimeSpan firstToken)
    {
        lock (_lock)
        {
            var state = Of(provider);
            (state.Failures, state.OpenUntil, state.Probing) = (0, null, false);
            state.FirstToken = state.FirstToken is { } mean ? mean + (Newest * (firstToken.TotalSeconds - mean)) : firstToken.TotalSeconds;
        }
    }

    public void Failed(string provider, ProviderException failure)
    {
        lock (_lock)
        {
            var state = Of(provider);
            var wasProbing = state.Probing;
            state.Probing = false;
            if (!failure.CountsAgainstProvider) return;

            state.Failures++;
            var rest = failure switch
            {
                { Failure: ProviderFailure.Unauthorised } => KeyRefusedFor,
                { RetryAfter: { } asked } when asked > TimeSpan.Zero => asked < LongestBreak ? asked : LongestBreak,
                _ when wasProbing || state.Failures >= options.Value.BreakAfter => options.Value.BreakFor,
                _ => (TimeSpan?)null,
            };
            if (rest is { } duration) state.OpenUntil = time.GetUtcNow() + duration;
        }
    }

    /// <summary>The caller left before the provider had shown anything.</summary>
    public void Abandoned(string provider)
    {
        lock (_lock)
            Of(provider).Probing = false;
    }

    private State Of(string provider)
    {
        if (!_states.TryGetValue(provider, out var state)) _states.Add(provider, state = new State());
        return state;
    }

    private sealed class State
    {
        public int Failures { get; set; }

        public DateTimeOffset? OpenUntil { get; set; }

        /// <summary>One call is trying whether the provider answers again.</summary>
        public bool Probing { get; set; }

        /// <summary>In seconds.</summary>
        public double? FirstToken { get; set; }
    }
}
