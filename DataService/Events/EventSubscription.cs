namespace AiMesh.DataService.Events;

/// <summary>Somebody who wants to know when there is something to read. Says that there is, not what: that is in the database.</summary>
internal sealed class EventSubscription(Action<EventSubscription> closed) : IDisposable
{
    private readonly SemaphoreSlim _woken = new(0);

    public void Wake()
    {
        // Two who see zero wake it twice; then it reads once in vain.
        try
        {
            if (_woken.CurrentCount == 0) _woken.Release();
        }
        catch (ObjectDisposedException)
        {
            // Left in the moment in which it was to be woken.
        }
    }

    /// <summary>True as soon as there is something new since the last call, false after the time-out.</summary>
    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => _woken.WaitAsync(timeout, cancellationToken);

    public void Dispose()
    {
        closed(this);
        _woken.Dispose();
    }
}
