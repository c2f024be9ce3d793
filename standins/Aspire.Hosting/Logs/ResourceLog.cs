using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Logs;

/// <summary>The lines of one process, the last of them kept.</summary>
internal sealed class ResourceLog
{
    private const int Kept = 10_000;

    private readonly Queue<LogLine> _backlog = new();
    private readonly List<ChannelWriter<LogLine>> _watchers = [];
    private readonly Lock _lock = new();
    private int _lines;
    private bool _complete;

    public LogLine Append(string content, bool isError)
    {
        lock (_lock)
        {
            var line = new LogLine(++_lines, content, isError);
            _backlog.Enqueue(line);
            if (_backlog.Count > Kept)
                _backlog.Dequeue();

            foreach (var watcher in _watchers)
                watcher.TryWrite(line);

            return line;
        }
    }

    public IReadOnlyList<LogLine> Snapshot()
    {
        lock (_lock)
            return [.. _backlog];
    }

    public void Clear()
    {
        lock (_lock)
            _backlog.Clear();
    }

    public void Complete()
    {
        lock (_lock)
        {
            _complete = true;
            foreach (var watcher in _watchers)
                watcher.TryComplete();
        }
    }

    /// <summary>The kept lines, then the new ones until <see cref="Complete"/>.</summary>
    public ChannelReader<LogLine> Watch(out Action stop)
    {
        var channel = Channel.CreateUnbounded<LogLine>();
        lock (_lock)
        {
            foreach (var line in _backlog)
                channel.Writer.TryWrite(line);

            if (_complete)
                channel.Writer.TryComplete();
            else
                _watchers.Add(channel.Writer);
        }

        stop = () =>
        {
            lock (_lock)
                _watchers.Remove(channel.Writer);
        };
        return channel.Reader;
    }
}
