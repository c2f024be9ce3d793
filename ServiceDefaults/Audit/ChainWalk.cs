using System.Globalization;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>Follows one chain from its origin, until it ends or breaks.</summary>
internal sealed class ChainWalk(string organisation, IEnumerable<AuditCheckpoint> checkpoints)
{
    private readonly SortedDictionary<long, AuditCheckpoint[]> _checkpoints =
        new(checkpoints.GroupBy(static checkpoint => checkpoint.Sequence).ToDictionary(static group => group.Key, static group => group.ToArray()));

    private long _sequence;
    private ReadOnlyMemory<byte> _hash = AuditRecord.Origin;
    private AuditBreak? _break;

    public string Organisation { get; } = organisation;

    /// <summary>Takes the next record; what comes after a break says nothing any more.</summary>
    public void Take(AuditRecord record, ReadOnlyMemory<byte> hash)
    {
        if (_break is not null) return;
        if (Check(record, hash) is { } problem)
        {
            _break = new AuditBreak(record.Sequence > _sequence + 1 ? _sequence + 1 : record.Sequence, problem);
            return;
        }

        (_sequence, _hash) = (record.Sequence, hash);
    }

    public AuditFinding End()
    {
        if (_break is null && _checkpoints.Keys.LastOrDefault() is var last && last > _sequence)
            _break = new AuditBreak(_sequence + 1, string.Create(CultureInfo.InvariantCulture, $"is missing, and so is everything up to the checkpoint at {last}: the end was cut off"));
        return new AuditFinding(Organisation, _sequence, _sequence == 0 ? null : new AuditCheckpoint(Organisation, _sequence, _hash), _break);
    }

    private string? Check(AuditRecord record, ReadOnlyMemory<byte> hash)
    {
        if (record.Sequence > _sequence + 1) return "is missing";
        if (record.Sequence != _sequence + 1) return "has a number out of order";
        if (!record.PreviousHash.Span.SequenceEqual(_hash.Span)) return "does not follow the record before it";
        if (!record.ComputeHash().AsSpan().SequenceEqual(hash.Span)) return "was changed after it was written";
        return _checkpoints.TryGetValue(record.Sequence, out var expected) && !expected.All(checkpoint => checkpoint.Hash.Span.SequenceEqual(hash.Span))
            ? "is not what a checkpoint says: this record or one before it was written anew"
            : null;
    }
}
