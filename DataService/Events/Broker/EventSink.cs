using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.DataService.Events.Broker;

/// <summary>
/// Publishes the event log to RabbitMQ. Every replica has one, and one of them publishes. The position moves when the broker has confirmed: what is killed in between, either of
/// the two, makes some events arrive once more, under the same ids, and none be missing.
/// </summary>
internal sealed class EventSink : RecurringWork
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _owner;
    private readonly EventSubscription _events;
    private readonly BrokerOptions _options;
    private readonly Uri _address;
    private readonly TimeSpan _pollInterval;
    private SinkSession? _session;
    private BrokerChannel? _channel;
    private int _failures;

    public EventSink(
        [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, EventHub hub, BrokerAddress address, IOptions<BrokerOptions> options, IOptions<EventOptions> events,
        TimeProvider clock, ILogger<EventSink> logger)
        : base("Publishing events to RabbitMQ", events.Value.PollInterval, clock, logger)
    {
        (_owner, _events, _options, _address, _pollInterval) = (owner, hub.SubscribeToAll(), options.Value, address.Value, events.Value.PollInterval);
        SinkMetrics.Observe(this);
    }

    /// <summary>As this replica saw it last; null before it did.</summary>
    public SinkState? Seen { get; private set; }

    protected override bool StartsAtOnce => true;

    /// <summary>How long the first event that has not arrived has been waiting.</summary>
    public TimeSpan Lag => Seen?.OldestWaiting is { } at && Time.GetUtcNow().UtcDateTime - at is { Ticks: > 0 } lag ? lag : TimeSpan.Zero;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await LeaveAsync();
    }

    public override void Dispose()
    {
        _events.Dispose();
        base.Dispose();
    }

    protected override async Task WaitAsync(PeriodicTimer interval, CancellationToken cancellationToken)
    {
        _failures = Outage is null ? 0 : _failures + 1;
        if (_failures == 0)
        {
            await _events.WaitAsync(_pollInterval, cancellationToken);
            return;
        }

        // By the clock alone: each new event would be another attempt, the more the busier the service is. At random, so that replicas don't come back together.
        var ceiling = Math.Min(_pollInterval.TotalMilliseconds * Math.Pow(2, _failures - 1), LongestPause.TotalMilliseconds);
        await Task.Delay(TimeSpan.FromMilliseconds(ceiling * (0.5 + Random.Shared.NextDouble() / 2)), Time, cancellationToken);
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            _session ??= await SinkSession.OpenAsync(_owner, cancellationToken);
            Seen = await _session.ServeAsync(cancellationToken);
            if (_session.IsPublisher && (Seen.Last > Seen.Position || Seen.Missed > 0)) await PublishAsync(_session, Seen, cancellationToken);
        }
        catch
        {
            // With the right to publish: another replica may reach the broker.
            await LeaveAsync();
            throw;
        }
    }

    protected override bool IsExpected(Exception exception) => base.IsExpected(exception) || exception is RabbitMQ.Client.Exceptions.RabbitMQClientException;

    private async Task PublishAsync(SinkSession session, SinkState state, CancellationToken cancellationToken)
    {
        if (_channel is null or { IsOpen: false })
        {
            if (_channel is not null) await _channel.DisposeAsync();
            _channel = await BrokerChannel.OpenAsync(_address, _options, cancellationToken);
        }

        var events = await session.ReadAsync(state.Position, _options.BatchSize, cancellationToken);
        while (state.Missed > 0 || events.Count > 0)
        {
            if (state.Missed > 0)
            {
                await _channel.PublishAsync([BrokerEvent.Missed(state.Position, state.Missed, Time.GetUtcNow().UtcDateTime)], cancellationToken);
                SinkMetrics.Missed.Add(state.Missed);
                state = await session.ToldMissedAsync(state.Missed, cancellationToken);
                continue;
            }

            // The next ones are read while these are on their way.
            var last = events[^1].Position;
            var publishing = _channel.PublishAsync([.. events.Select(static e => e.ToMessage())], cancellationToken);
            var reading = session.ReadAsync(last, _options.BatchSize, cancellationToken);
            await Task.WhenAll(publishing, reading);
            Seen = state = await session.AdvanceAsync(last, cancellationToken);
            SinkMetrics.Published.Add(events.Count);
            events = await reading;
        }
    }

    private async Task LeaveAsync()
    {
        var (session, channel) = (_session, _channel);
        (_session, _channel) = (null, null);
        if (session is not null) await session.DisposeAsync();
        if (channel is not null) await channel.DisposeAsync();
    }
}

/// <param name="Value">amqp://user:password@host:port/vhost, or amqps.</param>
internal sealed record BrokerAddress(Uri Value)
{
    /// <exception cref="InvalidOperationException">It is no such address.</exception>
    public static BrokerAddress Parse(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps"
        ? new BrokerAddress(uri)
        : throw new InvalidOperationException("ConnectionStrings:rabbitmq must have the form amqp://user:password@host:port, or amqps.");
}
