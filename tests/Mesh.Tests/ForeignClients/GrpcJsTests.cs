using System.Text.Json.Nodes;

namespace AiMesh.Mesh.Tests.ForeignClients;

/// <summary>npm @grpc/grpc-js, which shares no code with grpc-dotnet, through the gateway.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class GrpcJsTests(MeshFixture mesh)
{
    [Fact]
    public async Task GrpcJs_SignsIn_Lists_Asks_AndStreams()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "ForeignClients", "grpc-js");
        var installed = await Tool.RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], folder);
        Assert.True(installed.ExitCode == 0, $"npm ci failed: {installed.Error}");

        var address = $"{mesh.GatewayAddress.Host}:{mesh.GatewayAddress.Port}";
        var run = await Tool.RunAsync("node", ["interop.cjs", address, Path.Combine(AppContext.BaseDirectory, "protos"), "member@demo.aimesh", MeshFixture.DemoPassword], folder);
        Assert.True(run.ExitCode == 0, run.Error);
        var seen = JsonNode.Parse(run.Output)!;

        Assert.Equal(16, seen["refusedCode"]!.GetValue<int>());
        Assert.Equal(5, seen["items"]!.GetValue<int>());
        Assert.Equal(3, seen["badFilterCode"]!.GetValue<int>());
        Assert.Contains("no_such_field", seen.Text("badFilterDetails"), StringComparison.Ordinal);
        Assert.True(seen["badFilterHasStatus"]!.GetValue<bool>());
        Assert.True(seen["deltas"]!.GetValue<int>() > 0);
        Assert.True(seen["answered"]!.GetValue<bool>());
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"r{i}"), seen.Array("acknowledged").Select(id => id!.GetValue<string>()));
        Assert.Equal(20, seen["accepted"]!.GetValue<int>());
    }
}
