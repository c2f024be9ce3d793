using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace AiMesh.Gateway.Settings;

/// <summary>
/// The settings in force. A change of the configuration replaces all of them or, when anything in it is wrong, none: then the old ones stay,
/// the log names every error, and health says so until the configuration is good again.
/// </summary>
internal sealed partial class LiveSettings : IDisposable
{
    private readonly Lock _reading = new();
    private readonly SettingsReader _reader;
    private readonly ILogger<LiveSettings> _logger;
    private readonly IDisposable _subscription;
    private GatewaySettings _current;
    private CancellationTokenSource _changed = new();
    private volatile int _errors;

    public LiveSettings(SettingsReader reader, SettingsFiles files, IConfiguration configuration, ILogger<LiveSettings> logger)
    {
        (_reader, _logger) = (reader, logger);
        var (settings, errors) = reader.Read();
        if (errors.Count > 0)
            throw new OptionsValidationException("Gateway", typeof(GatewaySettings), errors);
        _current = settings;
        files.Started();
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    public GatewaySettings Current => Volatile.Read(ref _current);

    /// <summary>True while the configuration has errors and older settings are in force.</summary>
    public bool IsStale => _errors > 0;

    /// <summary>Fires when <see cref="Current"/> is replaced.</summary>
    public IChangeToken Changed => new CancellationChangeToken(Volatile.Read(ref _changed).Token);

    public void Dispose()
    {
        _subscription.Dispose();
        _changed.Dispose();
    }

    private void Reload()
    {
        lock (_reading)
        {
            var (settings, errors) = _reader.Read();
            _errors = errors.Count;
            if (errors.Count > 0)
            {
                Log.Refused(_logger, errors.Count, string.Join(" ", errors));
                return;
            }

            Volatile.Write(ref _current, settings);
            Log.Taken(_logger, settings.Routes.Count, settings.Clusters.Count);
            Interlocked.Exchange(ref _changed, new CancellationTokenSource()).Cancel();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "New settings are in force: {Routes} routes, {Clusters} clusters")]
        public static partial void Taken(ILogger logger, int routes, int clusters);

        [LoggerMessage(2, LogLevel.Error, "The changed configuration has {Count} errors; the old settings stay in force. {Errors}")]
        public static partial void Refused(ILogger logger, int count, string errors);
    }
}
