using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using AiMesh.Testing;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace AiMesh.DataService.Tests.Events.Broker;

/// <summary>A consumer of the queue that the service declares.</summary>
internal sealed class BusConsumer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly Channel<Delivery> _deliveries = Channel.CreateUnbounded<Delivery>();

    private BusConsumer(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    public static async Task<BusConsumer> StartAsync(RabbitMqServer broker, string queue)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(broker.ConnectionString) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var bus = new BusConsumer(connection, channel);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) => bus._deliveries.Writer.WriteAsync(new Delivery(
            delivery.DeliveryTag, delivery.BasicProperties.MessageId!, delivery.BasicProperties.Type!, delivery.RoutingKey, delivery.BasicProperties.Persistent,
            JsonDocument.Parse(delivery.Body.ToArray()).RootElement)).AsTask();
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        return bus;
    }

    /// <summary>What comes next; it is acknowledged.</summary>
    public async Task<Delivery> TakeAsync()
    {
        var delivery = await ReceiveAsync();
        await _channel.BasicAckAsync(delivery.Tag, multiple: false);
        return delivery;
    }

    /// <summary>Refuses what comes next, for good.</summary>
    public async Task<Delivery> RefuseAsync()
    {
        var delivery = await ReceiveAsync();
        await _channel.BasicRejectAsync(delivery.Tag, requeue: false);
        return delivery;
    }

    /// <summary>Gives back what comes next, to be sent again.</summary>
    public async Task<Delivery> ReturnAsync()
    {
        var delivery = await ReceiveAsync();
        await _channel.BasicRejectAsync(delivery.Tag, requeue: true);
        return delivery;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task<Delivery> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _deliveries.Reader.ReadAsync(patience.Token);
    }
}

internal sealed record Delivery(ulong Tag, string Id, string Type, string RoutingKey, bool Persistent, JsonElement Body)
{
    public JsonElement Data => Body.GetProperty("data");

    public long Position => long.Parse(Data.GetProperty("position").GetString()!, CultureInfo.InvariantCulture);

    /// <summary>"created a", "missed 200", …</summary>
    public override string ToString() =>
        Data.TryGetProperty("change", out var change) ? $"{change.GetString()} {(Data.TryGetProperty("item", out var item) ? item.GetString() : "")}".TrimEnd() : $"missed {Data.GetProperty("count").GetString()}";
}
