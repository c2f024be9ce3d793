using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;

namespace AiMesh.DataService.Items;

/// <summary>
/// Items as they are answered: as messages over gRPC, and over HTTP as the very JSON that transcoding makes of these messages, written from what the database
/// answered without making the messages.
/// </summary>
/// <param name="View">What the caller sees of the dataset.</param>
/// <param name="Mask">Names of the fields to answer, or null for all.</param>
/// <param name="Items">One, where one was asked for.</param>
/// <param name="NextPageToken">Empty on the last page.</param>
internal sealed record ItemPage(DatasetView View, FrozenSet<string>? Mask, IReadOnlyList<StoredItem> Items, string NextPageToken)
{
    private static readonly JsonEncodedText ItemsName = JsonEncodedText.Encode("items");
    private static readonly JsonEncodedText TokenName = JsonEncodedText.Encode("nextPageToken");
    private static readonly JsonEncodedText NameName = JsonEncodedText.Encode("name");
    private static readonly JsonEncodedText FieldsName = JsonEncodedText.Encode("fields");
    private static readonly JsonEncodedText EtagName = JsonEncodedText.Encode("etag");
    private static readonly JsonEncodedText CreateTimeName = JsonEncodedText.Encode("createTime");
    private static readonly JsonEncodedText UpdateTimeName = JsonEncodedText.Encode("updateTime");

    public ListItemsResponse ToMessage()
    {
        var message = new ListItemsResponse { NextPageToken = NextPageToken };
        foreach (var item in Items) message.Items.Add(ItemReader.ToItem(item, View, Mask));
        return message;
    }

    public Item ToItem() => ItemReader.ToItem(Items[0], View, Mask);

    /// <summary>As <see cref="ToMessage"/>.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray(ItemsName);
        var prefix = Encoding.UTF8.GetBytes(NamePrefix);
        foreach (var item in Items) Write(writer, item, prefix);
        writer.WriteEndArray();
        writer.WriteString(TokenName, NextPageToken);
        writer.WriteEndObject();
    }

    /// <summary>As <see cref="ToItem"/>.</summary>
    public void WriteItem(Utf8JsonWriter writer) => Write(writer, Items[0], Encoding.UTF8.GetBytes(NamePrefix));

    private string NamePrefix => $"datasets/{View.Dataset.Definition.Id}/items/";

    private void Write(Utf8JsonWriter writer, StoredItem item, ReadOnlySpan<byte> prefix)
    {
        writer.WriteStartObject();
        Span<byte> name = stackalloc byte[prefix.Length + Encoding.UTF8.GetMaxByteCount(item.Id.Length)];
        prefix.CopyTo(name);
        writer.WriteString(NameName, name[..(prefix.Length + Encoding.UTF8.GetBytes(item.Id, name[prefix.Length..]))]);
        writer.WritePropertyName(FieldsName);
        ItemJson.Write(writer, item.Fields, View, Mask);
        writer.WriteString(EtagName, ItemEtag.Of(View, item));
        TimeJson.Write(writer, CreateTimeName, item.CreateTime);
        if (View.SeesAll) TimeJson.Write(writer, UpdateTimeName, item.UpdateTime);
        writer.WriteEndObject();
    }
}
