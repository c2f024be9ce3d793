using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>TLS as the mesh speaks it, for both ends of a connection. Everything follows <see cref="MeshCertificateStore.Current"/>.</summary>
internal sealed partial class MeshTls(MeshCertificateStore certificates, ILogger<MeshTls> logger)
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    // A connection of before a renewal is left well before the certificate that made it ends.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>What a service demands of a new connection: the certificate of a peer, which is noted on the connection.</summary>
    public SslServerAuthenticationOptions ForServer(ConnectionContext connection)
    {
        var credentials = certificates.Current;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = credentials.Context,
            ClientCertificateRequired = true,
            EnabledSslProtocols = Protocols,
            CertificateChainPolicy = PeerVerifier.Isolated(),

            // A resumed session would go on with what an earlier handshake found out.
            AllowTlsResume = false,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var (peer, problem) = Verify(credentials, certificate, chain, PeerVerifier.ClientUse, service: null);
                if (peer is null) Log.CallerRefused(logger, connection.RemoteEndPoint, problem);
                else connection.Features.Set(peer);
                return peer is not null;
            },
        };
    }

    /// <summary>Makes a client show the service's certificate, and talk to one service only, wherever discovery says that it is.</summary>
    public void Configure(SocketsHttpHandler handler, string service)
    {
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = Protocols,
            CertificateChainPolicy = PeerVerifier.Isolated(),
            AllowTlsResume = false,
            AllowRenegotiation = false,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificates.Current.Certificate,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var (peer, problem) = Verify(certificates.Current, certificate, chain, PeerVerifier.ServerUse, service);
                if (peer is null) Log.ServiceRefused(logger, service, problem);
                return peer is not null;
            },
        };
        if (handler.PooledConnectionLifetime > ConnectionLifetime || handler.PooledConnectionLifetime == Timeout.InfiniteTimeSpan)
            handler.PooledConnectionLifetime = ConnectionLifetime;
    }

    private static PeerVerification Verify(MeshCredentials own, X509Certificate? certificate, X509Chain? chain, System.Security.Cryptography.Oid use, string? service)
    {
        if (certificate is not X509Certificate2 presented) return new(null, "there is no certificate");

        // What the platform made of it does not count: it knows neither the mesh CA nor what services are called.
        ImmutableArray<X509Certificate2> sentAlong = [.. chain?.ChainPolicy.ExtraStore ?? []];
        return own.Verifier.Verify(presented, sentAlong, use, own.Self.Environment, service);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Refused a connection from {Address}, which did not show a certificate of the mesh: {Reason}")]
        public static partial void CallerRefused(ILogger logger, System.Net.EndPoint? address, string reason);

        [LoggerMessage(2, LogLevel.Error, "Refused to talk to what answers in the place of '{Service}', because of its certificate: {Reason}")]
        public static partial void ServiceRefused(ILogger logger, string service, string reason);
    }
}
