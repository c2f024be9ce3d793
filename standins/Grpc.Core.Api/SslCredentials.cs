namespace Grpc.Core;

/// <summary>Judges a peer's certificate. Grpc.Net.Client refuses it: set the handler's callback instead.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>A peer to be judged.</summary>
public class VerifyPeerContext
{
    internal VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    /// <summary>The name that was called.</summary>
    public string TargetName { get; }

    /// <summary>The certificate in PEM.</summary>
    public string PeerPem { get; }
}

/// <summary>A certificate chain with its key, both in PEM.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>A pair of these.</summary>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(privateKey);
        CertificateChain = certificateChain;
        PrivateKey = privateKey;
    }

    /// <summary>The chain in PEM.</summary>
    public string CertificateChain { get; }

    /// <summary>The key in PEM.</summary>
    public string PrivateKey { get; }
}

/// <summary>TLS. Grpc.Net.Client takes only those without arguments; roots and keys belong to its handler.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    private readonly VerifyPeerCallback? _verifyPeerCallback;

    /// <summary>With the system's roots.</summary>
    public SslCredentials()
        : this(null, null, null)
    {
    }

    /// <summary>With these roots.</summary>
    public SslCredentials(string rootCertificates)
        : this(rootCertificates, null, null)
    {
    }

    /// <summary>With these roots and a client certificate.</summary>
    public SslCredentials(string rootCertificates, KeyCertificatePair keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, null)
    {
    }

    /// <summary>With all of these; null means none.</summary>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        RootCertificates = rootCertificates;
        KeyCertificatePair = keyCertificatePair;
        _verifyPeerCallback = verifyPeerCallback;
    }

    /// <summary>Roots in PEM, or null for the system's.</summary>
    public string? RootCertificates { get; }

    /// <summary>The client's certificate, or null.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; }

    /// <inheritdoc />
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state) =>
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, _verifyPeerCallback);
}
