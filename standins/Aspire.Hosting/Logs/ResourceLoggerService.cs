using System.Collections.Concurrent;
using Aspire.Hosting.Logs;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The output of every resource: what its process writes, and what the host has to say about it.</summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Called with every line: id of the resource, line.</summary>
    internal event Action<string, LogLine>? LineWritten;

    /// <summary>Writes to the log of a resource (of its first process, if it has several).</summary>
    public ILogger GetLogger(IResource resource) => GetLogger(ResourceIds.Of(resource)[0]);

    public ILogger GetLogger(string resourceName) => new ResourceLogger(this, resourceName);

    /// <summary>The kept lines, then every new one, in batches; ends when the resource is over for good.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(ResourceIds.Of(resource)[0]);

    /// <inheritdoc cref="WatchAsync(IResource)"/>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName)
    {
        var lines = Get(resourceName).Watch(out var stop);
        try
        {
            while (await lines.WaitToReadAsync())
            {
                var batch = new List<LogLine>();
                while (lines.TryRead(out var line))
                    batch.Add(line);

                yield return batch;
            }
        }
        finally
        {
            stop();
        }
    }

    /// <summary>The kept lines (at most 10,000) in one batch.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource) => GetAllAsync(ResourceIds.Of(resource)[0]);

    /// <inheritdoc cref="GetAllAsync(IResource)"/>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask;
        yield return Get(resourceName).Snapshot();
    }

    public void ClearBacklog(string resourceName) => Get(resourceName).Clear();

    public void Complete(IResource resource)
    {
        foreach (var id in ResourceIds.Of(resource))
            Complete(id);
    }

    public void Complete(string name) => Get(name).Complete();

    public void Dispose()
    {
        foreach (var log in _logs.Values)
            log.Complete();

        GC.SuppressFinalize(this);
    }

    internal void Append(string resourceId, string content, bool isError)
    {
        var line = Get(resourceId).Append(content, isError);
        LineWritten?.Invoke(resourceId, line);
    }

    internal IReadOnlyList<string> Tail(string resourceId, int count) =>
        [.. Get(resourceId).Snapshot().TakeLast(count).Select(line => line.Content)];

    private ResourceLog Get(string resourceId) => _logs.GetOrAdd(resourceId, _ => new ResourceLog());

    private sealed class ResourceLogger(ResourceLoggerService logs, string resourceId) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception) + (exception is null ? "" : $"{Environment.NewLine}{exception}");
            foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
                logs.Append(resourceId, line, logLevel >= LogLevel.Error);
        }
    }
}
