using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>Looks at the certificate files when the file system says that they changed, and every now and then all the same.</summary>
internal sealed partial class MeshCertificateWatch(
    IServiceProvider services, IOptions<MeshCertificateOptions> options, TimeProvider time, ILogger<MeshCertificateWatch> logger) : BackgroundService
{
    // The files of one renewal are written one after the other.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _changed = new(0, 1);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Mode == MeshCertificateMode.None) return Task.CompletedTask;

        // A host without a usable certificate must not start, not even one that only calls others.
        _ = services.GetRequiredService<MeshCertificateStore>();
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var settings = options.Value;
        var store = services.GetRequiredService<MeshCertificateStore>();
        using var watchers = new FolderWatchers(
            [settings.CertificatePath!, settings.KeyPath!, settings.AuthorityPath!], Wake, reason => Log.NotWatched(logger, reason));
        while (!stoppingToken.IsCancellationRequested)
        {
            if (await _changed.WaitAsync(settings.PollInterval, stoppingToken)) await Task.Delay(Settle, time, stoppingToken);
            store.Refresh();
        }
    }

    private void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // A look is due already, or the host is stopping.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Certificate files are not watched, only looked at now and then: {Reason}")]
        public static partial void NotWatched(ILogger logger, string reason);
    }
}
