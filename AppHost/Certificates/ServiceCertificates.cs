using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.AppHost.Certificates;

/// <summary>
/// Issues short-lived certificates to services, as files that they read, and renews them at half of their life. Services notice by themselves.
/// Configuration <c>Certificates:Lifetime</c>; default: one hour.
/// </summary>
internal sealed partial class ServiceCertificates : BackgroundService
{
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, IssuedCertificate> _issued = new();
    private readonly Lazy<DevelopmentAuthority> _authority;
    private readonly string _folder;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ILogger<ServiceCertificates> _logger;

    public ServiceCertificates(IAspireStore store, IHostEnvironment environment, IConfiguration configuration, ILogger<ServiceCertificates> logger)
    {
        _logger = logger;
        _folder = Path.Combine(store.BasePath, "certificates");
        _lifetime = configuration.GetValue("Certificates:Lifetime", DefaultLifetime);
        if (_lifetime < Shortest) throw new DistributedApplicationException($"Certificates:Lifetime must be at least {Shortest.TotalSeconds} seconds.");
        _authority = new(() => DevelopmentAuthority.Open(Path.Combine(_folder, "ca"), NameOf(environment), _time, logger));
    }

    /// <summary>The folder with the files of a service, which are there when this returns.</summary>
    public CertificateFiles For(string service)
    {
        var files = new CertificateFiles(Path.Combine(_folder, "services", service));
        _issued.GetOrAdd(service, name => Issue(name, files));
        return files;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = _lifetime / 20 < LongestPause ? _lifetime / 20 : LongestPause;
        using var timer = new PeriodicTimer(pause, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (service, certificate) in _issued)
                if (_time.GetUtcNow() >= certificate.RenewAt) Renew(service);
        }
    }

    private void Renew(string service)
    {
        try
        {
            _issued[service] = Issue(service, new CertificateFiles(Path.Combine(_folder, "services", service)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A full disk, say. There is half a lifetime left to try again in.
            Log.NotRenewed(_logger, service, _issued[service].End, exception.Message);
        }
    }

    private IssuedCertificate Issue(string service, CertificateFiles files)
    {
        var authority = _authority.Value;
        var issued = authority.Issue(service, _lifetime);
        PrivateFile.CreateFolder(files.Folder);
        PrivateFile.Replace(files.Authority, authority.CertificatePem);
        PrivateFile.Replace(files.Key, issued.Key);
        PrivateFile.Replace(files.Certificate, issued.Certificate);
        return issued;
    }

    private static string NameOf(IHostEnvironment environment) => environment.EnvironmentName.ToLowerInvariant();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The certificate of '{Service}', which ends at {End:u}, could not be renewed and is tried again: {Reason}")]
        public static partial void NotRenewed(ILogger logger, string service, DateTimeOffset end, string reason);
    }
}

/// <summary>The files of one service, named as Kubernetes names those of a TLS secret.</summary>
internal sealed record CertificateFiles(string Folder)
{
    public string Certificate => Path.Combine(Folder, "tls.crt");

    public string Key => Path.Combine(Folder, "tls.key");

    public string Authority => Path.Combine(Folder, "ca.crt");
}
