using System.ComponentModel.DataAnnotations;
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
internal sealed partial class KeyPump(KeyStore keys, KeyRotation rotation, IOptions<ProtectionOptions> options, TimeProvider clock, ILogger<KeyPump> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!keys.IsAvailable) return;
        using var timer = new PeriodicTimer(options.Value.CheckInterval, clock);
        do
        {
            try
            {
                if (await keys.RewrapAsync(stoppingToken) is > 0 and var wrapped) Log.Rewrapped(logger, wrapped);
                if (await rotation.RotateAsync(options.Value.FieldKeyLifetime, stoppingToken) is > 0 and var added) Log.Added(logger, added);
                if (await rotation.ReencryptAsync(stoppingToken) is > 0 and var rows) Log.Reencrypted(logger, rows);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.Postponed(logger, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} keys of organisations are sealed under another master key now")]
        public static partial void Rewrapped(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Information, "{Count} organisations have a new key for fields")]
        public static partial void Added(ILogger logger, int count);

        [LoggerMessage(3, LogLevel.Information, "{Count} items were encrypted anew")]
        public static partial void Reencrypted(ILogger logger, long count);

        [LoggerMessage(4, LogLevel.Warning, "Keys cannot be changed now: {Reason}")]
        public static partial void Postponed(ILogger logger, string reason);
    }
}
