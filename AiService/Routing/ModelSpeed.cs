using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Routing;

/// <summary>
/// How long models take to begin an answer, as calls have measured it: an exponentially weighted moving average per model. What was
/// never measured, or not for long, is cold, and one call at a time may find out.
/// </summary>
internal sealed class ModelSpeed(TimeProvider time, IOptions<RoutingOptions> options)
{
    /// <summary>Weight of the newest observation. With 0.2 the last ten make up nine tenths of the mean.</summary>
    private const double Newest = 0.2;

    private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Mean time to the first piece of an answer; null where nothing recent is known.</summary>
    public TimeSpan? Of(string model)
    {
        lock (_lock)
            return _states.TryGetValue(model, out var state) && !IsCold(state) ? TimeSpan.FromSeconds(state.Mean) : null;
    }

    /// <summary>Nothing recent is known, and no call is finding out.</summary>
    public bool WantsMeasuring(string model)
    {
        lock (_lock)
            return !_states.TryGetValue(model, out var state) || (IsCold(state) && state.Running == 0);
    }

    /// <summary>A call begins; <see cref="Ended"/> must follow.</summary>
    public void Began(string model)
    {
        lock (_lock)
        {
            if (!_states.TryGetValue(model, out var state)) _states.Add(model, state = new State());
            state.Running++;
        }
    }

    /// <summary>The call has ended.</summary>
    /// <param name="model">Id.</param>
    /// <param name="firstToken">What it has measured; null when it has shown nothing of the model's speed.</param>
    public void Ended(string model, TimeSpan? firstToken)
    {
        lock (_lock)
        {
            var state = _states[model];
            state.Running--;
            if (firstToken is not { } measured) return;

            // An old mean counts for no more than a first impression.
            state.Mean = IsCold(state) ? measured.TotalSeconds : state.Mean + (Newest * (measured.TotalSeconds - state.Mean));
            state.MeasuredAt = time.GetUtcNow();
        }
    }

    private bool IsCold(State state) => state.MeasuredAt is not { } at || time.GetUtcNow() - at > options.Value.RemeasureAfter;

    private sealed class State
    {
        /// <summary>In seconds.</summary>
        public double Mean { get; set; }

        public DateTimeOffset? MeasuredAt { get; set; }

        /// <summary>Calls on their way.</summary>
        public int Running { get; set; }
    }
}
