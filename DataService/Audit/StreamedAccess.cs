namespace AiMesh.DataService.Audit;

/// <summary>
/// Records one stream exactly once, whatever becomes of it: before its first message is sent an entry is stored, and at its end the entry learns how many
/// items were sent. Where the process ended first, that stays unknown; that the stream began does not.
/// </summary>
internal sealed class StreamedAccess(AccessLog log, AccessEntry entry)
{
    private Guid? _stream;
    private bool _isWritten;

    /// <param name="sent">Items sent with this message and before it.</param>
    /// <param name="isLast">No message follows.</param>
    /// <param name="cancellationToken">The caller has gone, and nothing was sent to them.</param>
    public async Task BeforeMessageAsync(long sent, bool isLast, CancellationToken cancellationToken)
    {
        if (_isWritten) return;

        // A stream of one message needs one entry, and no second round trip.
        if (isLast) await log.WriteAsync(entry, sent, cancellationToken);
        else _stream = await log.BeginAsync(entry, cancellationToken);
        _isWritten = true;
    }

    /// <summary>Also of a stream that its reader left: what was sent was read.</summary>
    public Task EndAsync(long sent) => _stream is { } stream ? log.FinishAsync(entry.Principal, stream, sent, CancellationToken.None) : Task.CompletedTask;
}
