using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiMesh.AppHost.Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiMesh.Mesh.Tests.Certificates;

/// <summary>The CA of a development machine, without a mesh.</summary>
public sealed class DevelopmentAuthorityTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"aimesh-authority-{Path.GetRandomFileName()}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Authority_IsKeptBetweenRuns()
    {
        var first = Open().CertificatePem;

        Assert.Equal(first, Open().CertificatePem);
    }

    [Fact]
    public void Key_IsItsOwnersAlone()
    {
        Open();

        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "ca.key")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Theory]
    [InlineData("ca.crt")]
    [InlineData("ca.key")]
    public void HalfWrittenAuthority_IsMadeAnew(string file)
    {
        var first = Open().CertificatePem;
        File.WriteAllText(Path.Combine(_folder, file), "-----BEGIN");

        Assert.NotEqual(first, Open().CertificatePem);
    }

    [Fact]
    public void AuthorityThatIsAboutToEnd_IsMadeAnew()
    {
        var first = Open().CertificatePem;

        Assert.Equal(first, Open(TimeSpan.FromDays(300)).CertificatePem);
        Assert.NotEqual(first, Open(TimeSpan.FromDays(340)).CertificatePem);
    }

    [Fact]
    public void Certificate_NamesTheService_ForBothUses_AndIsShort()
    {
        var authority = Open();
        var issued = authority.Issue("data", TimeSpan.FromHours(1));
        using var certificate = X509Certificate2.CreateFromPem(issued.Certificate, issued.Key);
        using var root = X509Certificate2.CreateFromPem(authority.CertificatePem);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));

        Assert.True(chain.Build(certificate));
        Assert.Contains("URI:spiffe://aimesh/development/data", certificate.Extensions["2.5.29.17"]!.Format(multiLine: false), StringComparison.Ordinal);
        Assert.InRange(certificate.NotAfter - certificate.NotBefore, TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(66));
        Assert.InRange(issued.RenewAt, issued.Issued.AddMinutes(29), issued.Issued.AddMinutes(31));
    }

    [Fact]
    public void Certificates_OfOneService_DifferInKeyAndSerialNumber()
    {
        var authority = Open();
        using var first = X509Certificate2.CreateFromPem(authority.Issue("data", TimeSpan.FromHours(1)).Certificate);
        using var second = X509Certificate2.CreateFromPem(authority.Issue("data", TimeSpan.FromHours(1)).Certificate);

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.NotEqual(first.GetPublicKeyString(), second.GetPublicKeyString());
    }

    private DevelopmentAuthority Open(TimeSpan later = default) => DevelopmentAuthority.Open(_folder, "development", new Later(later), NullLogger.Instance);

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
