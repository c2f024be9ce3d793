using System.Collections.Immutable;

namespace AiMesh.AuthService.Keys;

/// <summary>
/// What is due for the signing keys. A key is published from its creation (next), signs from its activation until that of its
/// successor (current), and stays published until the last token it signed has expired (retired).
/// </summary>
internal sealed record RotationPlan(DateTimeOffset? CreateKeyActiveFrom, ImmutableArray<string> Delete)
{
    /// <param name="keys">All keys, in any order.</param>
    /// <param name="now">The present.</param>
    /// <param name="options">Intervals.</param>
    /// <param name="retention">How long a key stays published after it last signed: the life of a token and some skew of clocks.</param>
    public static RotationPlan For(
        IEnumerable<(string Id, DateTimeOffset ActivatesAt)> keys, DateTimeOffset now, KeyOptions options, TimeSpan retention)
    {
        var ordered = keys.OrderBy(static key => key.ActivatesAt).ToImmutableArray();
        var retired = ordered.Zip(ordered.Skip(1)).Where(pair => pair.Second.ActivatesAt + retention <= now).Select(static pair => pair.First.Id);
        return new RotationPlan(NextActivation(ordered, now, options), [.. retired]);
    }

    private static DateTimeOffset? NextActivation(
        ImmutableArray<(string Id, DateTimeOffset ActivatesAt)> ordered, DateTimeOffset now, KeyOptions options)
    {
        // Nothing can sign: waiting would help nobody.
        if (!ordered.Any(key => key.ActivatesAt <= now)) return now;

        var due = ordered[^1].ActivatesAt + options.RotationInterval;
        if (due - options.PublishAhead > now) return null;
        var earliest = now + options.PublishAhead;
        return due > earliest ? due : earliest;
    }
}
