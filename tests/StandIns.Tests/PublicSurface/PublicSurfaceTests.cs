using System.Reflection;
using AiMesh.StandIns.Tests.RealPackages;

namespace AiMesh.StandIns.Tests.PublicSurface;

/// <summary>A stand-in may offer less than the package it stands for, never anything else.</summary>
public sealed class PublicSurfaceTests
{
    public static TheoryData<string> Packages => [.. Lists];

    private static IEnumerable<string> Lists => Directory.GetFiles(SurfaceList.Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order();

    [Fact]
    public void StandIns_AllHaveAList()
    {
        var folders = Directory.GetDirectories(Path.Combine(ProjectReferences.Root, "standins")).Select(path => Path.GetFileName(path)!)
            .Where(id => File.Exists(Path.Combine(ProjectReferences.Root, "standins", id, $"{id}.csproj")));

        Assert.Equal(folders.Order(), Lists);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void StandIn_OffersNothingThatTheRealPackageDoesNot(string packageId)
    {
        var real = SurfaceList.Read(packageId).Lines;
        var others = SurfaceDumper.Dump(Assembly.Load(packageId)).Where(line => !real.Contains(line)).Order(StringComparer.Ordinal).ToArray();

        Assert.True(others.Length == 0, $"{others.Length} signatures of {packageId} are not in its list:\n{string.Join('\n', others)}");
    }
}
