using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>An entry in its place in the chain of an organisation. Immutable.</summary>
/// <param name="Organisation">Whose chain; empty for acts of nobody known.</param>
/// <param name="Sequence">1, 2, 3 … without gaps.</param>
/// <param name="At">When it was written, by the database's clock, to the microsecond.</param>
/// <param name="Entry">What was done.</param>
/// <param name="PreviousHash">Hash of the record before it; 32 zero bytes before the first.</param>
public sealed record AuditRecord(string Organisation, long Sequence, DateTimeOffset At, AuditEntry Entry, ReadOnlyMemory<byte> PreviousHash)
{
    /// <summary>Bytes of a hash (SHA-256).</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>Says which encoding follows; another encoding gets another name.</summary>
    private static ReadOnlySpan<byte> Format => "aimesh audit 1"u8;

    /// <summary>Stands before the first record.</summary>
    public static ReadOnlyMemory<byte> Origin { get; } = new byte[HashLength];

    /// <summary>
    /// SHA-256 over everything that the record says and the hash of the one before. Each text goes in as its length (4 bytes, big endian; all
    /// ones for null) and its UTF-8, numbers as 8 bytes, and details in ordinal order of their names: no two different records are encoded alike.
    /// </summary>
    public byte[] ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Format);
        Append(hash, Organisation);
        Append(hash, Sequence);
        Append(hash, (At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        Append(hash, Entry.Actor);
        Append(hash, Entry.Action);
        Append(hash, Entry.Target);
        Append(hash, Entry.Address);
        Append(hash, Entry.TraceId);
        Append(hash, Entry.Detail.Count);
        foreach (var (name, value) in Entry.Detail.OrderBy(static detail => detail.Key, StringComparer.Ordinal))
        {
            Append(hash, name);
            Append(hash, value);
        }

        hash.AppendData(PreviousHash.Span);
        return hash.GetHashAndReset();
    }

    internal static void Append(IncrementalHash hash, string? text)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        BinaryPrimitives.WriteUInt32BigEndian(length, text is null ? uint.MaxValue : (uint)bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    internal static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
