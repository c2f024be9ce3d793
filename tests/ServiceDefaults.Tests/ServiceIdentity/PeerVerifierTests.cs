using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiMesh.ServiceDefaults.ServiceIdentity;
using AiMesh.Testing;

namespace AiMesh.ServiceDefaults.Tests.ServiceIdentity;

public sealed class PeerVerifierTests : IDisposable
{
    private const string ForClients = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new(DateTimeOffset.UtcNow);
    private readonly TestMeshCertificates _mesh = new();
    private readonly PeerVerifier _verifier;

    public PeerVerifierTests() => _verifier = new PeerVerifier([_mesh.Authority], Skew, _time);

    public void Dispose() => _mesh.Dispose();

    [Fact]
    public void Peer_IsNamedByItsCertificate()
    {
        using var certificate = _mesh.Issue("gateway");

        var (peer, problem) = Verify(certificate);

        Assert.Equal("", problem);
        Assert.Equal(("gateway", "test"), (peer!.Service, peer.Environment));
        Assert.Equal(certificate.NotAfter.ToUniversalTime(), peer.NotAfter.UtcDateTime);
    }

    [Fact]
    public void CertificateOfAnotherCa_IsRefused_EvenOfTheSameName()
    {
        using var other = new TestMeshCertificates();
        using var certificate = other.Issue("gateway");

        Assert.Equal(_mesh.Authority.Subject, other.Authority.Subject);
        Refusal(certificate);
    }

    [Fact]
    public void CertificateOfAnotherCa_IsRefused_AlsoWhenThatCaIsSentAlong()
    {
        using var other = new TestMeshCertificates("CN=Other");
        using var certificate = other.Issue("gateway");

        Assert.Null(_verifier.Verify(certificate, [other.Authority], PeerVerifier.ClientUse, "test", null).Peer);
    }

    [Fact]
    public void SelfSignedCertificate_IsRefused()
    {
        using var certificate = _mesh.Issue("gateway", selfSigned: true);

        Refusal(certificate);
    }

    [Fact]
    public void EndedCertificate_IsRefused_BeyondTheClockSkew()
    {
        using var certificate = _mesh.Issue("gateway", notAfter: _time.GetUtcNow().AddMinutes(10));
        _time.Advance(TimeSpan.FromMinutes(10) + Skew - TimeSpan.FromSeconds(2));
        Assert.NotNull(Verify(certificate).Peer);

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Contains("NotTimeValid", Refusal(certificate), StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateOfTheFuture_IsRefused_BeyondTheClockSkew()
    {
        using var certificate = _mesh.Issue("gateway", notBefore: _time.GetUtcNow().AddMinutes(10));
        Assert.Contains("NotTimeValid", Refusal(certificate), StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMinutes(10) - Skew + TimeSpan.FromSeconds(2));
        Assert.NotNull(Verify(certificate).Peer);
    }

    [Fact]
    public void CertificateForOneUse_IsRefusedForTheOther()
    {
        using var certificate = _mesh.Issue("gateway", uses: [ForClients]);

        Assert.NotNull(Verify(certificate).Peer);
        Assert.Null(_verifier.Verify(certificate, [], PeerVerifier.ServerUse, "test", null).Peer);
    }

    [Fact]
    public void CertificateThatDoesNotSayItsUse_IsRefused()
    {
        using var certificate = _mesh.Issue("gateway", uses: []);

        Refusal(certificate);
    }

    [Fact]
    public void CertificateOfACa_IsRefused()
    {
        using var certificate = _mesh.Issue("gateway", isAuthority: true);

        Refusal(certificate);
    }

    [Fact]
    public void CertificateOfAnotherEnvironment_IsRefused()
    {
        using var certificate = _mesh.Issue("gateway", "production");

        Assert.Contains("production", Refusal(certificate), StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateWithoutAName_IsRefused()
    {
        using var certificate = _mesh.Issue("gateway", uris: []);

        Refusal(certificate);
    }

    [Fact]
    public void CertificateOfAnotherService_IsRefused_WhereOneIsExpected()
    {
        using var certificate = _mesh.Issue("iot");

        Assert.Null(_verifier.Verify(certificate, [], PeerVerifier.ServerUse, "test", "data").Peer);
        Assert.NotNull(_verifier.Verify(certificate, [], PeerVerifier.ServerUse, "test", "iot").Peer);
    }

    [Fact]
    public void ServiceThatIssuesCertificatesItself_IsRefused()
    {
        // A service's own certificate as the issuer of another name: the chain reaches the mesh CA, but through something that is none.
        using var gateway = _mesh.Issue("gateway");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var gatewayKey = gateway.GetECDsaPrivateKey()!;
        var request = new CertificateRequest("CN=data", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://aimesh/test/data"));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ForClients)], critical: false));
        using var forged = request.Create(
            gateway.SubjectName, X509SignatureGenerator.CreateForECDsa(gatewayKey), gateway.NotBefore, gateway.NotAfter, [1, 2, 3, 4]);

        Assert.Null(_verifier.Verify(forged, [gateway], PeerVerifier.ClientUse, "test", null).Peer);
    }

    private PeerVerification Verify(X509Certificate2 certificate) => _verifier.Verify(certificate, [], PeerVerifier.ClientUse, "test", null);

    private string Refusal(X509Certificate2 certificate)
    {
        var (peer, problem) = Verify(certificate);
        Assert.Null(peer);
        Assert.NotEmpty(problem);
        return problem;
    }
}
