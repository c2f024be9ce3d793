using System.ComponentModel.DataAnnotations;
using System.Net;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>The MQTT listener; configuration section <c>Mqtt</c>. Validated at start.</summary>
internal sealed class MqttOptions : IValidatableObject
{
    public const string Section = "Mqtt";

    /// <summary>False: nothing listens. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>IP address to listen on. Default: 127.0.0.1, since there is no TLS here yet.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>1 to 65535; default: 1883.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 1883;

    /// <summary>Connections at a time; further ones are told that the server is unavailable. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Largest packet behind its fixed header, in bytes; a larger one closes the connection. 1 KiB to 10 MiB; default: 256 KiB.</summary>
    [Range(1024, 10 * 1024 * 1024)]
    public int MaxPacketBytes { get; set; } = 256 * 1024;

    /// <summary>How long a client may take to say CONNECT. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client may leave what it is sent unread. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(30);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
            yield return new ValidationResult($"{Section}:{nameof(Address)} must be an IP address, not '{Address}'.", [nameof(Address)]);
    }
}
