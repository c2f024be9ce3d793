using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using AiMesh.DataService.Items;

namespace AiMesh.DataService.Stores;

/// <summary>What all documents of a table are together: two tables with the same digest hold the same.</summary>
/// <param name="Count">Number of documents.</param>
/// <param name="Bytes">Of their fields as JSON.</param>
/// <param name="Checksum">SHA-256 over id, owner, version, times and fields of each, in order of id; hexadecimal.</param>
/// <param name="Largest">Bytes of the largest document.</param>
/// <param name="LargestId">Its id; empty where there is none.</param>
internal sealed record StoreDigest(long Count, long Bytes, string Checksum, long Largest, string LargestId)
{
    private const int PageSize = 1000;

    public static async Task<StoreDigest> OfAsync(IDocumentStore store, DocumentTable table, CancellationToken cancellationToken)
    {
        using var sum = new StoreDigestSum();
        await foreach (var document in store.QueryAsync(table, DocumentQuery.Everything with { Expected = PageSize }, cancellationToken)) sum.Add(document);
        return sum.Take();
    }
}

/// <summary>Makes a <see cref="StoreDigest"/> of documents that come one by one, in order of id.</summary>
internal sealed class StoreDigestSum : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private long _count;
    private long _bytes;
    private long _largest;
    private string _largestId = "";

    public void Add(Document document)
    {
        var size = ItemValues.Write(document.Fields).Length;
        (_count, _bytes) = (_count + 1, _bytes + size);
        if (size > _largest) (_largest, _largestId) = (size, document.Id);
        _buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_buffer, ItemValues.WriterOptions))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(document.Id);
            writer.WriteStringValue(document.Owner);
            writer.WriteNumberValue(document.Version);
            writer.WriteStringValue(DocumentTime.Write(document.CreateTime));
            writer.WriteStringValue(DocumentTime.Write(document.UpdateTime));
            foreach (var (name, value) in document.Fields.OrderBy(static field => field.Key, StringComparer.Ordinal))
            {
                writer.WriteStringValue(name);

                // Some stores know no negative zero.
                ItemValues.Write(writer, value is 0.0 ? 0.0 : value);
            }

            writer.WriteEndArray();
        }

        _hash.AppendData(_buffer.WrittenSpan);
    }

    public StoreDigest Take() => new(_count, _bytes, Convert.ToHexStringLower(_hash.GetHashAndReset()), _largest, _largestId);

    public void Dispose() => _hash.Dispose();
}
