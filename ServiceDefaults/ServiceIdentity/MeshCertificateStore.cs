using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>
/// The certificate in use, and its successor as soon as the files hold one. Handshakes take <see cref="Current"/>; connections that stand are not
/// touched. Files that make no sense, for example half of a renewal, change nothing: the last good certificate stays in use until it ends.
/// </summary>
internal sealed partial class MeshCertificateStore
{
    private readonly MeshCertificateOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MeshCertificateStore> _logger;
    private MeshCredentials _current;
    private string _lastRead;
    private string? _verdict;

    /// <exception cref="InvalidOperationException">The files cannot be read or hold nothing that peers would accept; the service must not start.</exception>
    public MeshCertificateStore(IOptions<MeshCertificateOptions> options, TimeProvider time, IMeterFactory meters, ILogger<MeshCertificateStore> logger)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        try
        {
            var files = Read();
            _lastRead = files.Fingerprint;
            _current = Load(files);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The certificate '{_options.CertificatePath}' cannot be used: {exception.Message}", exception);
        }

        meters.Create("AiMesh.ServiceIdentity").CreateObservableGauge(
            "aimesh.certificate.remaining", () => (Current.Self.NotAfter - _time.GetUtcNow()).TotalSeconds, "s", "Until the certificate of the service ends.");
    }

    public MeshCredentials Current => Volatile.Read(ref _current);

    /// <summary>Why the last change of the files was not taken over; null when all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Takes over what the files hold now, if that is new and good.</summary>
    public void Refresh()
    {
        try
        {
            var files = Read();
            if (files.Fingerprint == _lastRead)
            {
                Problem = _verdict;
                return;
            }

            // Also when it is no good: it is judged, and reported, once.
            _lastRead = files.Fingerprint;
            var next = Load(files);
            Volatile.Write(ref _current, next);
            Problem = _verdict = null;
            Log.Renewed(_logger, next.Self.Service, next.Self.NotAfter);
        }
        catch (InvalidDataException exception)
        {
            _verdict = exception.Message;
            NotTakenOver(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The same at every look, until somebody mends it.
            if (Problem != exception.Message) NotTakenOver(exception.Message);
        }
    }

    private void NotTakenOver(string problem)
    {
        Problem = problem;
        Log.NotTakenOver(_logger, Current.Self.NotAfter, problem);
    }

    private MeshCredentials Load(Files files)
    {
        var next = MeshCredentials.Create(files.Certificates, files.Key, files.Authorities, _options.ClockSkew, _time);
        var self = _current?.Self;
        return self is null || (self.Service == next.Self.Service && self.Environment == next.Self.Environment)
            ? next
            : throw new InvalidDataException($"It is that of '{next.Self.Service}' in '{next.Self.Environment}', and this is '{self.Service}' in '{self.Environment}'.");
    }

    private Files Read() => new(File.ReadAllText(_options.CertificatePath!), File.ReadAllText(_options.KeyPath!), File.ReadAllText(_options.AuthorityPath!));

    private sealed record Files(string Certificates, string Key, string Authorities)
    {
        public string Fingerprint { get; } = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Certificates}\0{Key}\0{Authorities}")));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The certificate of '{Service}' was renewed and ends at {End:u}")]
        public static partial void Renewed(ILogger logger, string service, DateTimeOffset end);

        [LoggerMessage(2, LogLevel.Error, "The changed certificate files cannot be used; the last good certificate stays in use until {End:u}: {Reason}")]
        public static partial void NotTakenOver(ILogger logger, DateTimeOffset end, string reason);
    }
}
