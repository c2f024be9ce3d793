using System.Runtime.CompilerServices;
using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using Google.Protobuf;

namespace AiMesh.DataService.Stores.Backup;

/// <summary>Reads a backup for a dataset, and takes nothing for granted: whatever is not as it must be is a <see cref="BackupException"/> that names its line.</summary>
/// <param name="stream">The file.</param>
/// <param name="dataset">Where it is to be restored.</param>
/// <param name="maxBytes">Largest item there.</param>
internal sealed class BackupReader(Stream stream, CompiledDataset dataset, int maxBytes)
{
    // An item and its frame; whatever is longer was not written by a backup.
    private const int MaxLine = 16 * 1024 * 1024;

    private readonly BackupLine _lines = new();
    private readonly HashSet<int> _keys = [];
    private long _number;

    /// <summary>Versions of the keys that encrypted values were found under; known when all is read.</summary>
    public IReadOnlyCollection<int> Keys => _keys;

    /// <summary>What the items are together; known when all is read.</summary>
    public StoreDigest? Digest { get; private set; }

    public async IAsyncEnumerable<Document> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var sum = new StoreDigestSum();
        var (header, last) = ((BackupHeader?)null, "");
        await foreach (var line in LinesAsync(cancellationToken))
        {
            if (Digest is not null) throw Fault("there is something behind the end");
            if (_lines.Read(line) is not (var kind, var content)) throw Fault("is not as it was written: it was changed, or a line before it is missing");
            if (kind != BackupLine.Header && header is null || kind == BackupLine.Header && header is not null) throw Fault("stands where it does not belong");
            switch (kind)
            {
                case BackupLine.Header:
                    CheckFields(header = Header(content));
                    break;
                case BackupLine.Item:
                    var document = Item(content, header!);
                    if (string.CompareOrdinal(document.Id, last) <= 0) throw Fault($"the item '{document.Id}' stands out of order");
                    last = document.Id;
                    sum.Add(document);
                    yield return document;
                    break;
                default:
                    End(content, sum.Take());
                    break;
            }
        }

        if (Digest is null) throw BackupException.At(_number + 1, "the end is missing: the file was cut off");
    }

    private BackupHeader Header(byte[] content)
    {
        try
        {
            if (BackupHeader.Read(content) is { } header) return header;
        }
        catch (Exception e) when (e is JsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException)
        {
            // No better than one of something else.
        }

        throw Fault($"is no header of {BackupHeader.Format} {BackupHeader.Version}");
    }

    private void CheckFields(BackupHeader header)
    {
        foreach (var field in header.Definition.Fields)
        {
            var here = dataset.Definition.Fields.FirstOrDefault(one => one.Name == field.Name) ?? throw Fault($"the dataset has no field '{field.Name}'");
            if (here.Type != field.Type || here.Encrypted != field.Encrypted || here.EqualityIndex != field.EqualityIndex) throw Fault($"the field '{field.Name}' of the dataset is of another type, or otherwise encrypted");
        }

        // What is encrypted is bound to where it was: nothing else can open it.
        if (header.Definition.Fields.Any(static field => field.Encrypted) && (header.Organisation, header.Definition.Id) != (dataset.Organisation, dataset.Definition.Id))
            throw Fault($"the backup has encrypted fields, which can be read in the dataset '{header.Definition.Id}' of '{header.Organisation}' alone");
    }

    private Document Item(byte[] content, BackupHeader header)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            if (!ItemIds.IsValid(json.RootElement.GetProperty("id").GetString()!)) throw Fault("has no valid id");
            foreach (var property in json.RootElement.GetProperty("fields").EnumerateObject()) CheckValue(header, property.Name, property.Value);
            var document = BackupItem.Read(json.RootElement, dataset.Documents);
            if (dataset.Definition.Fields.FirstOrDefault(field => field.Required && !document.Fields.ContainsKey(field.Name)) is { } missing) throw Fault($"the field '{missing.Name}' is required");
            return ItemValues.Write(document.Fields).Length <= maxBytes ? document : throw Fault($"the item '{document.Id}' is larger than the store takes");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Fault("is no item");
        }
    }

    private void CheckValue(BackupHeader header, string name, JsonElement value)
    {
        var field = header.Definition.Fields.FirstOrDefault(one => one.Name == name) ?? throw Fault($"has a field '{name}', which the header does not name");
        if (field.Encrypted && value.ValueKind == JsonValueKind.Object) _keys.Add(ItemValues.ReadSealed(value).Key);
        else if (field.Encrypted || value.ValueKind == JsonValueKind.Object) throw Fault($"the field '{name}' is encrypted in the one place and not in the other");
        else if (ItemValues.Read(field.Type.ToPolicy(), value) is (_, { } error)) throw Fault($"the field '{name}': {error}");
    }

    private void End(byte[] content, StoreDigest digest)
    {
        using var json = JsonDocument.Parse(content);
        var (count, checksum) = json.RootElement.TryGetProperty("items", out var items) && json.RootElement.TryGetProperty("sha256", out var sha256) ? (items.GetInt64(), sha256.GetString()) : (-1, null);
        if ((count, checksum) != (digest.Count, digest.Checksum)) throw Fault($"the items are not those that were backed up: {digest.Count} of {count}, SHA-256 {digest.Checksum}");
        Digest = digest;
    }

    private BackupException Fault(string what) => BackupException.At(_number, what);

    private async IAsyncEnumerable<byte[]> LinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (buffer, start, end) = (new byte[64 * 1024], 0, 0);
        while (true)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                _number++;
                yield return buffer.AsSpan(start, length).ToArray();
                start += length + 1;
                continue;
            }

            if (start > 0) Buffer.BlockCopy(buffer, start, buffer, 0, end -= start);
            start = 0;
            if (end == buffer.Length) Array.Resize(ref buffer, end < MaxLine ? end * 2 : throw BackupException.At(_number + 1, "is too long"));
            var read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
            if (read == 0) break;
            end += read;
        }

        if (end > 0) throw BackupException.At(_number + 1, "is not whole: the file was cut off");
    }
}
