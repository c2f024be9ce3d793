namespace Aspire.Hosting.Orchestration;

/// <summary>How long to wait before a process that died is started again: 1 s, doubled each time up to 30 s.</summary>
internal sealed class RestartBackoff
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Forgiven = TimeSpan.FromMinutes(1);

    /// <summary>Deaths in a row before the process was ever healthy; what goes on like this will not come right by itself.</summary>
    public int StillbornInARow { get; private set; }

    private int _failures;

    /// <param name="healthyFor">How long the process was healthy before it died; zero if it never was.</param>
    public TimeSpan Next(TimeSpan healthyFor)
    {
        StillbornInARow = healthyFor > TimeSpan.Zero ? 0 : StillbornInARow + 1;
        if (healthyFor >= Forgiven)
            _failures = 0;

        var delay = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(_failures, 10)));
        _failures++;
        return delay < Longest ? delay : Longest;
    }

    public void Reset()
    {
        _failures = 0;
        StillbornInARow = 0;
    }
}
