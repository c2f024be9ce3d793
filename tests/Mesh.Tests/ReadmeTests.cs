using AiMesh.Mesh.Tests.ForeignClients;

namespace AiMesh.Mesh.Tests;

/// <summary>The five lines of the README, run as they stand there but for address and password.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class ReadmeTests(MeshFixture mesh)
{
    [Fact]
    public async Task FiveLines_DoTheMainJob()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "README.md"));
        var marker = readme.IndexOf("<!-- The mesh tests run these lines", StringComparison.Ordinal);
        var start = readme.IndexOf("```sh\n", marker, StringComparison.Ordinal) + 6;
        var lines = readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)].Trim().Split('\n');
        Assert.Equal(5, lines.Length);
        var script = string.Join("\necho; echo ----\n", lines)
            .Replace("localhost:8080", $"{mesh.GatewayAddress.Host}:{mesh.GatewayAddress.Port}", StringComparison.Ordinal)
            .Replace("Demo-Passw0rd!", MeshFixture.DemoPassword, StringComparison.Ordinal);

        var run = await Tool.RunAsync("bash", ["-euo", "pipefail", "-c", script]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        var outputs = run.Output.Split("----\n");
        Assert.Equal(5, outputs.Length);
        Assert.Contains("event: done", outputs[1], StringComparison.Ordinal);
        Assert.Contains("\"citations\"", outputs[1], StringComparison.Ordinal);
        Assert.Contains("\"cost\"", outputs[2], StringComparison.Ordinal);
        Assert.Contains("\"accepted\":1", outputs[3].Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("demo-pump-1", outputs[4], StringComparison.Ordinal);
        Assert.DoesNotContain("aimesh/errors", run.Output, StringComparison.Ordinal);
    }
}
