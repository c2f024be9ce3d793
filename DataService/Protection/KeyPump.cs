using System.ComponentModel.DataAnnotations;
using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Protection;

/// <summary>How keys change; section <c>Protection</c>.</summary>
internal sealed class ProtectionOptions
{
    public const string Section = "Protection";

    /// <summary>How long a key encrypts new values. 1 s to 10 years; default: 90 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan FieldKeyLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How often each replica looks for what is due. 100 ms to 1 day; default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>Seals keys under the master key of today, adds keys that are due, and has values encrypted anew.</summary>
internal sealed partial class KeyPump(KeyStore keys, KeyRotation rotation, IOptions<ProtectionOptions> options, TimeProvider clock, ILogger<KeyPump> logger)
    : RecurringWork("Changing keys", options.Value.CheckInterval, clock, logger)
{
    protected override bool StartsAtOnce => true;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (!keys.IsAvailable) return;
        if (await keys.RewrapAsync(cancellationToken) is > 0 and var wrapped) Log.Rewrapped(Logger, wrapped);
        if (await rotation.RotateAsync(options.Value.FieldKeyLifetime, cancellationToken) is > 0 and var added) Log.Added(Logger, added);
        if (await rotation.ReencryptAsync(cancellationToken) is > 0 and var rows) Log.Reencrypted(Logger, rows);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} keys of organisations are sealed under another master key now")]
        public static partial void Rewrapped(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Information, "{Count} organisations have a new key for fields")]
        public static partial void Added(ILogger logger, int count);

        [LoggerMessage(3, LogLevel.Information, "{Count} items were encrypted anew")]
        public static partial void Reencrypted(ILogger logger, long count);
    }
}
