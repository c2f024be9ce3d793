using RabbitMQ.Client;

namespace AiMesh.DataService.Events.Broker;

/// <summary>
/// A connection to the broker, its exchange and queues declared. It is not repaired: after any exception another one is opened. The client is not trusted to come back: when a
/// broker is killed or restarted, its calls have been seen to wait for ever (https://github.com/rabbitmq/rabbitmq-dotnet-client/issues/1930, 1757). So all have an end here.
/// </summary>
internal sealed class BrokerChannel : IAsyncDisposable
{
    private const string Dead = ".dead";
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly BrokerOptions _options;

    private BrokerChannel(IConnection connection, IChannel channel, BrokerOptions options) => (_connection, _channel, _options) = (connection, channel, options);

    public bool IsOpen => _channel.IsOpen;

    public static async Task<BrokerChannel> OpenAsync(Uri address, BrokerOptions options, CancellationToken cancellationToken)
    {
        // As long as its steps may take together: it has time-outs of its own for each.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(3 * options.ConfirmTimeout);
        var opening = ConnectAsync(address, options, patience.Token);
        try
        {
            return await opening.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!opening.IsCompleted)
        {
            _ = CloseLateAsync(opening);
            throw;
        }
    }

    /// <summary>Ends when the broker has all of them, on disk at most of its nodes; otherwise it throws, and some of them may have arrived.</summary>
    public async Task PublishAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.ConfirmTimeout);
        var confirmed = new Task[messages.Count];
        for (var i = 0; i < confirmed.Length; i++)
        {
            var message = messages[i];
            var properties = new BasicProperties
            {
                MessageId = message.Id,
                Type = message.Type,
                ContentType = BrokerEvent.ContentType,
                Persistent = true,
                Timestamp = new AmqpTimestamp(new DateTimeOffset(message.At).ToUnixTimeSeconds()),
            };

            // Mandatory: one that no queue takes is given back, and counts as not published.
            confirmed[i] = _channel.BasicPublishAsync(_options.Exchange, message.RoutingKey, mandatory: _options.Queue.Length > 0, properties, message.Body, patience.Token).AsTask();
        }

        try
        {
            await Task.WhenAll(confirmed).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The broker did not confirm within {_options.ConfirmTimeout}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await CloseAsync().WaitAsync(_options.ConfirmTimeout);
        }
        catch (TimeoutException)
        {
            // A socket and what belongs to it are kept until the process ends. Publishing goes on without them.
        }
    }

    private static async Task<BrokerChannel> ConnectAsync(Uri address, BrokerOptions options, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = address,
            ClientProvidedName = "aimesh data events",
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = Heartbeat,
            RequestedConnectionTimeout = options.ConfirmTimeout,
            ContinuationTimeout = options.ConfirmTimeout,
        };
        var connection = await factory.CreateConnectionAsync(cancellationToken);
        try
        {
            // Whoever publishes waits for all confirmations of a batch, so nothing else needs to limit how many are due.
            var confirms = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null);
            var channel = new BrokerChannel(connection, await connection.CreateChannelAsync(confirms, cancellationToken), options);
            await channel.DeclareAsync(cancellationToken);
            return channel;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // What comes to something after all, and nobody waits for any more.
    private static Task CloseLateAsync(Task<BrokerChannel> opening) => opening.ContinueWith(
        static opened => opened.IsCompletedSuccessfully ? opened.Result.DisposeAsync().AsTask() : Task.CompletedTask, TaskScheduler.Default).Unwrap();

    private async Task CloseAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task DeclareAsync(CancellationToken cancellationToken)
    {
        await _channel.ExchangeDeclareAsync(_options.Exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        if (_options.Queue.Length == 0) return;
        await _channel.ExchangeDeclareAsync(_options.Exchange + Dead, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        await DeclareAsync(_options.Queue + Dead, _options.Exchange + Dead, [], cancellationToken);
        await DeclareAsync(
            _options.Queue, _options.Exchange,
            new()
            {
                ["x-delivery-limit"] = _options.DeliveryLimit,
                ["x-dead-letter-exchange"] = _options.Exchange + Dead,

                // A dead letter leaves the queue when the other one has confirmed it; that wants this way to overflow.
                ["x-dead-letter-strategy"] = "at-least-once",
                ["x-overflow"] = "reject-publish",
            },
            cancellationToken);
    }

    private async Task DeclareAsync(string queue, string exchange, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        arguments["x-queue-type"] = "quorum";
        await _channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
        await _channel.QueueBindAsync(queue, exchange, "#", cancellationToken: cancellationToken);
    }
}
