using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace AiMesh.DataService.Events.Broker;

internal enum BrokerChange
{
    /// <summary>The definition of the dataset was made, changed or removed.</summary>
    Defined,
    Created,
    Updated,
    Deleted,
}

/// <summary>An event as every consumer of the bus may see it: what happened to which item, and nothing of its fields (decision 28).</summary>
/// <param name="Id">The same however often it is sent.</param>
/// <param name="Position">Grows; of one item in the order of its changes.</param>
/// <param name="Organisation">Whose.</param>
/// <param name="Dataset">Of what.</param>
/// <param name="Item">Id of the item; null where the definition changed.</param>
/// <param name="Change">What happened.</param>
/// <param name="At">When it got its position.</param>
internal sealed record BrokerEvent(long Id, long Position, string Organisation, string Dataset, string? Item, BrokerChange Change, DateTime At)
{
    /// <summary>CloudEvents 1.0, JSON format (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).</summary>
    public const string ContentType = "application/cloudevents+json";

    private string Kind => Change switch
    {
        BrokerChange.Created => "created",
        BrokerChange.Updated => "updated",
        BrokerChange.Deleted => "deleted",
        _ => "defined",
    };

    public BrokerMessage ToMessage()
    {
        var (id, type) = (Id.ToString(CultureInfo.InvariantCulture), Item is null ? "aimesh.data.dataset.defined" : $"aimesh.data.item.{Kind}");
        return new BrokerMessage(id, type, $"{Word(Organisation)}.{Word(Dataset)}.{Kind}", At, Json(id, type, At, $"/organisations/{Organisation}/datasets/{Dataset}", writer =>
        {
            writer.WriteString("organisation", Organisation);
            writer.WriteString("dataset", Dataset);
            if (Item is not null) writer.WriteString("item", Item);
            writer.WriteString("change", Kind);

            // As text: JavaScript would round it.
            writer.WriteString("position", Position.ToString(CultureInfo.InvariantCulture));
        }));
    }

    /// <summary>Says that events up to a position were removed before they could be sent: consumers read anew what they keep.</summary>
    public static BrokerMessage Missed(long position, long count, DateTime at)
    {
        const string Type = "aimesh.data.events.missed";
        var id = string.Create(CultureInfo.InvariantCulture, $"missed-{position}");
        return new BrokerMessage(id, Type, "aimesh.data.missed", at, Json(id, Type, at, "/", writer =>
        {
            writer.WriteString("position", position.ToString(CultureInfo.InvariantCulture));
            writer.WriteString("count", count.ToString(CultureInfo.InvariantCulture));
        }));
    }

    // A dot ends a word of a routing key.
    private static string Word(string name) => name.Replace('.', '_');

    private static byte[] Json(string id, string type, DateTime at, string source, Action<Utf8JsonWriter> data)
    {
        var buffer = new ArrayBufferWriter<byte>(384);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("specversion", "1.0");
            writer.WriteString("id", id);
            writer.WriteString("source", source);
            writer.WriteString("type", type);
            writer.WriteString("time", at);
            writer.WriteStartObject("data");
            data(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

/// <param name="Id">By which consumers know what they had already.</param>
/// <param name="Type">What happened.</param>
/// <param name="RoutingKey">Organisation, dataset and kind of change, with dots between.</param>
/// <param name="At">When.</param>
/// <param name="Body">JSON.</param>
internal sealed record BrokerMessage(string Id, string Type, string RoutingKey, DateTime At, byte[] Body);
