using AiMesh.ServiceDefaults.ServiceIdentity;
using AiMesh.Testing;

namespace AiMesh.ServiceDefaults.Tests.ServiceIdentity;

public sealed class ServiceNameTests : IDisposable
{
    private readonly TestMeshCertificates _mesh = new();

    public void Dispose() => _mesh.Dispose();

    [Fact]
    public void Name_IsReadAsItIsWritten()
    {
        Assert.True(ServiceName.TryParse("spiffe://aimesh/production/data", out var name));
        Assert.Equal(new ServiceName("production", "data"), name);
        Assert.Equal("spiffe://aimesh/production/data", name.ToString());
    }

    [Theory]
    [InlineData("https://aimesh/production/data")]
    [InlineData("SPIFFE://aimesh/production/data")]
    [InlineData("spiffe://other/production/data")]
    [InlineData("spiffe://aimesh/production")]
    [InlineData("spiffe://aimesh/production/")]
    [InlineData("spiffe://aimesh//data")]
    [InlineData("spiffe://aimesh/production/data/more")]
    [InlineData("spiffe://aimesh/production/Data")]
    [InlineData("spiffe://aimesh/production/da%74a")]
    [InlineData("spiffe://aimesh/production/data?x=1")]
    [InlineData("spiffe://aimesh/production/data#x")]
    [InlineData("spiffe://user@aimesh/production/data")]
    [InlineData("spiffe://aimesh:443/production/data")]
    [InlineData("spiffe://aimesh/production/dat\u0430")]
    [InlineData("")]
    public void Name_InAnyOtherForm_IsNone(string text) => Assert.False(ServiceName.TryParse(text, out _));

    [Fact]
    public void Certificate_WithOneUri_HasItsName()
    {
        using var certificate = _mesh.Issue("data");

        Assert.True(ServiceName.TryRead(certificate, out var name));
        Assert.Equal(new ServiceName("test", "data"), name);
    }

    [Theory]
    [InlineData]
    [InlineData("spiffe://aimesh/test/data", "spiffe://aimesh/test/gateway")]
    [InlineData("spiffe://aimesh/test/data", "https://example.org/")]
    public void Certificate_WithNoUriOrSeveral_HasNoName(params string[] uris)
    {
        using var certificate = _mesh.Issue("data", uris: uris);

        Assert.False(ServiceName.TryRead(certificate, out _));
    }
}
