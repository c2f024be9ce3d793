using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Keys;

/// <summary>Loads the signing keys before the service listens, then looks regularly whether a rotation is due.</summary>
internal sealed partial class KeyRotation(SigningKeys keys, IOptions<KeyOptions> options, TimeProvider time, ILogger<KeyRotation> logger)
    : RecurringWork("Taking over signing keys", options.Value.CheckInterval, time, logger)
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.RotateAsync(cancellationToken);
        Log.Loaded(Logger, keys.Ring.Keys.Length, keys.Signing.Id);
        await base.StartAsync(cancellationToken);
    }

    // Where it fails, known keys go on signing, also while another replica seals new ones under a master key that this one lacks.
    protected override Task WorkAsync(CancellationToken cancellationToken) => keys.RotateAsync(cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} signing keys; {KeyId} signs")]
        public static partial void Loaded(ILogger logger, int count, string keyId);
    }
}
