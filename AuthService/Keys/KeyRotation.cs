using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.AuthService.Keys;

/// <summary>Loads the signing keys before the service listens, then looks regularly whether a rotation is due.</summary>
internal sealed partial class KeyRotation(
    SigningKeys keys, IOptions<KeyOptions> options, TimeProvider time, ILogger<KeyRotation> logger) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.RotateAsync(cancellationToken);
        Log.Loaded(logger, keys.Ring.Keys.Length, keys.Signing.Id);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.CheckInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await keys.RotateAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
            {
                // Known keys go on signing, also while another replica seals new ones under a master key that this one lacks.
                Log.NotTakenOver(logger, exception.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} signing keys; {KeyId} signs")]
        public static partial void Loaded(ILogger logger, int count, string keyId);

        [LoggerMessage(2, LogLevel.Warning, "Signing keys cannot be taken over; the known ones stay in use: {Reason}")]
        public static partial void NotTakenOver(ILogger logger, string reason);
    }
}
