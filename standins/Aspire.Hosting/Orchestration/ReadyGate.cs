namespace Aspire.Hosting.Orchestration;

/// <summary>Brings the processes of one resource together: it is ready when all are healthy and the ready handlers are done.</summary>
internal sealed class ReadyGate(int processes, Func<CancellationToken, Task> runHandlers)
{
    private readonly HashSet<string> _healthy = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _open = New();

    /// <summary>Completes when the resource is ready; the last to arrive runs the handlers.</summary>
    public async Task ArriveAsync(string id, CancellationToken cancellationToken)
    {
        Task open;
        bool isLast;
        lock (_lock)
        {
            isLast = _healthy.Add(id) && _healthy.Count == processes;
            open = _open.Task;
        }

        if (isLast)
        {
            try
            {
                await runHandlers(cancellationToken);
                _open.TrySetResult();
            }
            catch
            {
                // So that it arrives again and the handlers are run again.
                Leave(id);
                throw;
            }
        }

        await open.WaitAsync(cancellationToken);
    }

    public void Leave(string id)
    {
        lock (_lock)
        {
            _healthy.Remove(id);
            if (_open.Task.IsCompleted)
                _open = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
