using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AiMesh.StandIns.Tests.RealPackages;

/// <summary>The one property that switches every stand-in to the real package.</summary>
[Trait("Level", "Server")]
public sealed partial class UseStandInsTests
{
    // Only the real gRPC packages need these two, and bring them along.
    private static readonly string[] BroughtByOthers = ["Grpc.Core.Api", "Grpc.Net.Common"];

    private static readonly string StandIns = Path.Combine(ProjectReferences.Root, "standins") + Path.DirectorySeparatorChar;

    // Evaluating it needs the SDK package, which is just what may not be there; so its file is read as it is.
    private static readonly XDocument AppHost = Load("AppHost/AiMesh.AppHost.csproj");

    [Fact]
    public async Task WithoutStandIns_EveryPackageIsThePinnedRealOne()
    {
        var references = await ProjectReferences.ListWithoutStandInsAsync();
        var packages = references.Where(line => line.Kind == "package").Select(line => line.Identity).Concat(Includes(AppHost, "PackageReference")).ToHashSet();
        var versions = references.Where(line => line.Kind == "version").Select(line => (line.Identity, line.Version)).Distinct().ToDictionary();
        var standIns = Directory.GetFiles(StandIns, "*.csproj", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path));

        Assert.Contains(references, line => line.Kind == "project");
        Assert.DoesNotContain(references, line => line.Kind == "project" && line.Identity.StartsWith(StandIns, StringComparison.Ordinal));
        Assert.All(standIns.Except(BroughtByOthers), id => Assert.Contains(id, packages));
        Assert.All(packages, id => Assert.Matches(Pinned(), versions.GetValueOrDefault(id) ?? "no version"));
    }

    [Fact]
    public void AppHost_WithoutStandIns_IsBuiltByTheSdkOfTheSameVersion()
    {
        var version = Load("Directory.Packages.props").Descendants("PackageVersion")
            .Single(line => line.Attribute("Include")?.Value == "Aspire.Hosting").Attribute("Version")?.Value;

        var imports = AppHost.Descendants("Import").Where(import => import.Attribute("Condition")?.Value == "'$(UseStandIns)' == 'false'").ToArray();

        // The version in an attribute of its own: other than in <Project Sdk="…">, MSBuild takes Name/Version for a name here.
        Assert.Equal(["Sdk.props", "Sdk.targets"], imports.Select(import => import.Attribute("Project")?.Value));
        Assert.All(imports, import => Assert.Equal(("Aspire.AppHost.Sdk", version), (import.Attribute("Sdk")?.Value, import.Attribute("Version")?.Value)));
        Assert.DoesNotContain(Includes(AppHost, "ProjectReference"), path => path.Contains("standins", StringComparison.Ordinal));
    }

    private static XDocument Load(string path) => XDocument.Load(Path.Combine(ProjectReferences.Root, path));

    private static IEnumerable<string> Includes(XDocument project, string item) => project.Descendants(item).Select(line => line.Attribute("Include")!.Value);

    [GeneratedRegex(@"^\d+\.\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$")]
    private static partial Regex Pinned();
}
