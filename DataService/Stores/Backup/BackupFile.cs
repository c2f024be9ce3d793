using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.Data.V1;
using AiMesh.DataService.Items;
using Google.Protobuf;

namespace AiMesh.DataService.Stores.Backup;

/// <summary>What a backup says of itself in its first line.</summary>
/// <param name="Organisation">Whose dataset it was.</param>
/// <param name="Definition">The dataset as it was.</param>
/// <param name="Time">When it was taken.</param>
internal sealed record BackupHeader(string Organisation, Dataset Definition, DateTime Time)
{
    public const string Format = "aimesh-dataset-backup";
    public const int Version = 1;

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["format"] = Format,
        ["version"] = Version,
        ["organisation"] = Organisation,
        ["time"] = DocumentTime.Write(Time),
        ["definition"] = JsonNode.Parse(JsonFormatter.Default.Format(Definition)),
    });

    /// <summary>Null where it is the header of something else, or of another version.</summary>
    public static BackupHeader? Read(byte[] content)
    {
        if (JsonNode.Parse(content) is not JsonObject json || (string?)json["format"] != Format || (int?)json["version"] != Version) return null;
        if ((string?)json["organisation"] is not { } organisation || (string?)json["time"] is not { } time || json["definition"] is not JsonObject definition) return null;
        var parser = new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));
        return new BackupHeader(organisation, parser.Parse<Dataset>(definition.ToJsonString()), DocumentTime.Read(time));
    }
}

/// <summary>An item as a backup holds it.</summary>
internal static class BackupItem
{
    public static byte[] Write(Document document)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ItemValues.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("id", document.Id);
            writer.WriteString("owner", document.Owner);
            writer.WriteNumber("version", document.Version);
            writer.WriteString("create_time", DocumentTime.Write(document.CreateTime));
            writer.WriteString("update_time", DocumentTime.Write(document.UpdateTime));
            writer.WritePropertyName("fields");
            writer.WriteRawValue(ItemValues.Write(document.Fields));
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static Document Read(JsonElement item, DocumentTable table) => new(
        item.GetProperty("id").GetString()!, ItemValues.ReadStored(item.GetProperty("fields"), table.Fields), item.GetProperty("owner").GetString()!, item.GetProperty("version").GetInt64(),
        DocumentTime.Read(item.GetProperty("create_time").GetString()!), DocumentTime.Read(item.GetProperty("update_time").GetString()!));
}

/// <summary>A backup cannot be taken, or a file not be restored.</summary>
internal sealed class BackupException(string message) : Exception(message)
{
    public static BackupException At(long line, string what) => new(string.Create(CultureInfo.InvariantCulture, $"line {line}: {what}"));
}
