using System.ComponentModel.DataAnnotations;

namespace AiMesh.DataService.Events.Broker;

/// <summary>How events reach RabbitMQ; section <c>Events:RabbitMQ</c>. There is a sink where <c>ConnectionStrings:rabbitmq</c> is set, and none otherwise.</summary>
internal sealed class BrokerOptions
{
    public const string Section = "Events:RabbitMQ";

    /// <summary>The topic exchange that events are published to; its dead letters go to the one of this name with ".dead". Default: aimesh.events.</summary>
    [Required, MaxLength(200)]
    public string Exchange { get; set; } = "aimesh.events";

    /// <summary>
    /// The quorum queue that is declared for consumers and takes every event; with ".dead", the one for dead letters. Default: aimesh.events. Empty: none is declared, consumers
    /// bind queues of their own, and an event that no queue wants is gone.
    /// </summary>
    [MaxLength(200)]
    public string Queue { get; set; } = "aimesh.events";

    /// <summary>How often a consumer may give a message back before it is a dead letter. 1 to 1,000; default: 20.</summary>
    [Range(1, 1_000)]
    public int DeliveryLimit { get; set; } = 20;

    /// <summary>Most events that are on their way at once. 1 to 10,000; default: 1,000.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 1_000;

    /// <summary>How long the broker may take to confirm what is on its way. 100 ms to 20 s; default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:20")]
    public TimeSpan ConfirmTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most events that are kept for a broker that is away; then the oldest are removed and consumers are told. 1,000 to 1,000,000,000; default: 10,000,000.</summary>
    [Range(1_000, 1_000_000_000)]
    public long MaxWaiting { get; set; } = 10_000_000;
}
