using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>
/// One document of a provider. Fetched when there is none, when it is old, and when it does not do, by one fetch for all who want it; after
/// a fetch whatever came of it holds for <see cref="ExternalSignInOptions.RetryInterval"/>.
/// </summary>
/// <param name="fetch">Ends by itself, as it serves more than one caller.</param>
/// <param name="options">How long a document is used.</param>
/// <param name="time">Measures that.</param>
internal sealed class Remembered<T>(Func<Task<Result<T>>> fetch, ExternalSignInOptions options, TimeProvider time)
    where T : class
{
    private readonly Lock _starting = new();
    private State _state = State.Nothing;
    private Task _fetching = Task.CompletedTask;

    /// <param name="does">Whether a remembered document will do.</param>
    /// <param name="cancellationToken">Ends the wait, not the fetch.</param>
    public async Task<Result<T>> GetAsync(Func<T, bool> does, CancellationToken cancellationToken)
    {
        Task fetching;
        lock (_starting)
        {
            if (IsSettled(_state, does)) return Answer(_state);
            if (_fetching.IsCompleted) _fetching = FetchAsync();
            fetching = _fetching;
        }

        await fetching.WaitAsync(cancellationToken);
        return Answer(Volatile.Read(ref _state));
    }

    private async Task FetchAsync()
    {
        var fetched = await fetch();
        var now = time.GetTimestamp();
        Volatile.Write(ref _state, fetched.TryGet(out var value, out var error) ? new State(value, null, now, now) : _state with { Error = error, TriedAt = now });
    }

    private bool IsSettled(State state, Func<T, bool> does)
    {
        var wasTriedJustNow = state.TriedAt is { } tried && time.GetElapsedTime(tried) < options.RetryInterval;
        return wasTriedJustNow || (state.Value is { } value && time.GetElapsedTime(state.FetchedAt) < options.MetadataLifetime && does(value));
    }

    private static Result<T> Answer(State state) => state.Value is { } value ? value : state.Error!;

    private sealed record State(T? Value, MeshError? Error, long FetchedAt, long? TriedAt)
    {
        public static readonly State Nothing = new(null, new ProviderUnusable("never_fetched"), 0, null);
    }
}
