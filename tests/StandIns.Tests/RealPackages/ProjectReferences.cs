using System.Diagnostics;
using System.Text.Json;

namespace AiMesh.StandIns.Tests.RealPackages;

/// <summary>One line of a project file after all imports.</summary>
/// <param name="Kind"><c>package</c>, <c>project</c> or <c>version</c>.</param>
/// <param name="Identity">Id of the package, or full path of the project.</param>
/// <param name="Version">Of a line of <c>Directory.Packages.props</c>; else empty.</param>
internal sealed record ProjectReference(string Kind, string Identity, string Version);

/// <summary>What the projects of the repository refer to, as MSBuild sees it without a restore.</summary>
internal static class ProjectReferences
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static string Root { get; } = FindRoot();

    public static async Task<ProjectReference[]> ListWithoutStandInsAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        string[] command =
        [
            "msbuild", Path.Combine(Root, "tests/StandIns.Tests/RealPackages/ListReferences.proj"), "-nologo", "-nodeReuse:false",
            $"-p:Root={Root}", "-p:UseStandIns=false", "-getTargetResult:List",
        ];
        using var process = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, output);

        using var document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("TargetResults").GetProperty("List").GetProperty("Items").Deserialize<ProjectReference[]>()!;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiMesh.sln")))
            folder = Path.GetDirectoryName(folder)!;

        return folder + Path.DirectorySeparatorChar;
    }
}
