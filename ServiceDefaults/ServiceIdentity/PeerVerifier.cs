using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>
/// Decides whether a certificate is one of the mesh: issued by the mesh CA and nobody else, in its time, for this use, and with the name of a service
/// of this environment. All of it here, for both ends and for a service's own certificate.
/// </summary>
internal sealed class PeerVerifier(ImmutableArray<X509Certificate2> authorities, TimeSpan clockSkew, TimeProvider time)
{
    public static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");
    public static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");

    /// <summary>Checks the certificate of a peer.</summary>
    /// <param name="certificate">What the peer presented, and proved in the handshake to have the key of.</param>
    /// <param name="intermediates">What it sent along; trusted no further than the chain leads.</param>
    /// <param name="use"><see cref="ClientUse"/> for callers, <see cref="ServerUse"/> for those who are called.</param>
    /// <param name="environment">The environment that it must belong to; null: any.</param>
    /// <param name="service">The service that it must be; null: any.</param>
    public PeerVerification Verify(
        X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates, Oid use, string? environment, string? service)
    {
        if (Chain(certificate, intermediates, use) is { } problem) return new(null, problem);

        // A chain says nothing about a certificate that leaves out what it is for, and takes a CA for an end as well.
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static constraints => constraints.CertificateAuthority)) return new(null, "it is that of a CA");
        if (!certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(extension => Contains(extension.EnhancedKeyUsages, use)))
            return new(null, "it is not for this use");

        if (!ServiceName.TryRead(certificate, out var name)) return new(null, "it names no service of the mesh");
        if (environment is not null && name.Environment != environment) return new(null, $"it is that of {name}, of another environment");
        if (service is not null && name.Service != service) return new(null, $"it is that of {name} instead of '{service}'");
        return new(new MeshPeer(name.Service, name.Environment, Moment(certificate.NotBefore), Moment(certificate.NotAfter)), "");
    }

    /// <summary>A policy that keeps the platform's own look at a certificate away from the machine's roots and from the network.</summary>
    public static X509ChainPolicy Isolated() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private string? Chain(X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates, Oid use)
    {
        using var chain = new X509Chain { ChainPolicy = Isolated() };
        foreach (var authority in authorities) chain.ChainPolicy.CustomTrustStore.Add(authority);
        foreach (var intermediate in intermediates) chain.ChainPolicy.ExtraStore.Add(intermediate);
        chain.ChainPolicy.ApplicationPolicy.Add(use);
        chain.ChainPolicy.VerificationTime = TimeFor(certificate).LocalDateTime;
        try
        {
            return chain.Build(certificate) ? null : string.Join(", ", chain.ChainStatus.Select(static status => status.Status).Distinct());
        }
        catch (CryptographicException exception)
        {
            return exception.Message;
        }
        finally
        {
            foreach (var element in chain.ChainElements) element.Certificate.Dispose();
        }
    }

    /// <summary>Now, or where a clock that differs by no more than allowed would put it.</summary>
    private DateTimeOffset TimeFor(X509Certificate2 certificate)
    {
        var now = time.GetUtcNow();
        var (begin, end) = (Moment(certificate.NotBefore), Moment(certificate.NotAfter));
        if (now < begin && begin - now <= clockSkew) return begin;

        // A second less, as for the platform a certificate has ended in its last second.
        return now > end && now - end <= clockSkew ? end.AddSeconds(-1) : now;
    }

    private static bool Contains(OidCollection uses, Oid use)
    {
        foreach (var one in uses)
            if (one.Value == use.Value) return true;
        return false;
    }

    // The framework gives local times.
    private static DateTimeOffset Moment(DateTime local) => new DateTimeOffset(local).ToUniversalTime();
}

/// <summary>The peer, or why it is none.</summary>
internal readonly record struct PeerVerification(MeshPeer? Peer, string Problem);
