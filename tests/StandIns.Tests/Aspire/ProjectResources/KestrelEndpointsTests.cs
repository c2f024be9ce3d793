using Aspire.Hosting;
using Aspire.Hosting.Projects;

namespace AiMesh.StandIns.Tests.Aspire.ProjectResources;

public sealed class KestrelEndpointsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FromSettings_ReadsNamesSchemesHostsAndProtocols()
    {
        var project = Project("""{"Kestrel":{"EndpointDefaults":{"Protocols":"Http2"},"Endpoints":{"web":{"Url":"https://*:0","Protocols":"Http1"},"rpc":{"Url":"http://127.0.0.1:0"}}}}""");

        var endpoints = KestrelEndpoints.FromSettings(project, "Development").ToDictionary(endpoint => endpoint.Name);

        Assert.Equal(("https", "http", "0.0.0.0"), (endpoints["web"].UriScheme, endpoints["web"].Transport, endpoints["web"].TargetHost));
        Assert.Equal(("http", "http2", "127.0.0.1"), (endpoints["rpc"].UriScheme, endpoints["rpc"].Transport, endpoints["rpc"].TargetHost));
        Assert.All(endpoints.Values, endpoint => Assert.Null(endpoint.Port));
    }

    [Fact]
    public void FromSettings_LetsTheEnvironmentsOwnFileWin()
    {
        var project = Project("""{"Kestrel":{"Endpoints":{"web":{"Url":"http://127.0.0.1:0"}}}}""");
        File.WriteAllText(Path.Combine(_folder.Path, "appsettings.Development.json"), """{"Kestrel":{"Endpoints":{"web":{"Url":"http://localhost:0"}}}}""");

        Assert.Equal("localhost", Assert.Single(KestrelEndpoints.FromSettings(project, "Development")).TargetHost);
        Assert.Equal("127.0.0.1", Assert.Single(KestrelEndpoints.FromSettings(project, "Production")).TargetHost);
    }

    [Fact]
    public void FromSettings_WithSomethingThatIsNoUrl_NamesTheSetting()
    {
        var project = Project("""{"Kestrel":{"Endpoints":{"web":{"Url":"not a url"}}}}""");

        var error = Assert.Throws<DistributedApplicationException>(() => KestrelEndpoints.FromSettings(project, "Development").ToArray());

        Assert.Contains("Kestrel:Endpoints:web:Url", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromLaunchProfile_NumbersTheSecondOfAScheme()
    {
        var profile = new LaunchProfile { ApplicationUrl = "http://localhost:5000;https://localhost:5001;http://localhost:5002" };

        var endpoints = KestrelEndpoints.FromLaunchProfile(profile, "x.csproj");

        Assert.Equal([("http", 5000), ("https", 5001), ("http2", 5002)], endpoints.Select(endpoint => (endpoint.Name, endpoint.Port!.Value)));
    }

    private string Project(string settings)
    {
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, "appsettings.json"), settings);
        return Path.Combine(_folder.Path, "x.csproj");
    }
}
