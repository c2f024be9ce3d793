using System.Net.Http.Json;
using AiMesh.Testing;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace AiMesh.StandIns.Tests.Aspire.Endpoints;

[Trait("Level", "Server")]
public sealed class ReplicaTests
{
    [Fact]
    public async Task WithReplicas_RunsSoManyProcesses_AndTellsOthersOfEach()
    {
        await using var sample = await SampleApplication.StartAsync(["--Replicas:back=3"]);
        await sample.HealthyAsync("front");

        var variables = await sample.EnvironmentOfAsync("front");
        using var client = new HttpClient();
        var processes = new HashSet<int>();
        for (var i = 0; i < 3; i++)
            processes.Add(await client.GetFromJsonAsync<int>(variables[$"services__back__http__{i}"], sample.Patience));

        Assert.Equal(3, processes.Count);
        Assert.False(variables.ContainsKey("services__back__http__3"));
        Assert.True(variables.ContainsKey("services__back__grpc__2"));
    }

    [Fact]
    public async Task WithReplicas_GivesEachProcessAnIdOfItsOwn()
    {
        await using var sample = await SampleApplication.StartAsync(["--Replicas:back=2"]);
        await sample.HealthyAsync("back");

        Assert.Equal("service.instance.id=back-2", VariableOf(sample, "back-2", "OTEL_RESOURCE_ATTRIBUTES"));
        Assert.Equal("back", VariableOf(sample, "back-2", "OTEL_SERVICE_NAME"));
    }

    [Fact]
    public async Task FixedPort_OfSeveralReplicas_BalancesAndPassesTheOneThatIsDown()
    {
        var port = FreePort.Next();
        await using var sample = await SampleApplication.StartAsync(
            ["--Replicas:front=2", $"--Front:Port={port}", "--DcpPublisher:RandomizePorts=false"]);
        await sample.HealthyAsync("front");

        var both = await ProcessesAsync(sample, port);
        await sample.App.ResourceCommands.ExecuteCommandAsync("front-1", KnownResourceCommands.StopCommand, sample.Patience);
        var one = await ProcessesAsync(sample, port);

        Assert.Equal(2, both.Count);
        Assert.Single(one);
    }

    [Fact]
    public async Task FixedTargetPort_OfSeveralReplicas_IsRefused()
    {
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => SampleApplication.StartAsync(
            ["--Replicas:front=2"],
            builder => builder.CreateResourceBuilder<ProjectResource>("front").WithEndpoint("side", endpoint => endpoint.TargetPort = 20000)));

        Assert.Contains("2 replicas", error.Message, StringComparison.Ordinal);
    }

    private static string? VariableOf(SampleApplication sample, string id, string name) =>
        sample.Notifications.TryGetCurrentState(id, out var state)
            ? state.Snapshot.EnvironmentVariables.Single(variable => variable.Name == name).Value
            : null;

    // A connection for each call, as the balancing is by connection.
    private static async Task<HashSet<int>> ProcessesAsync(SampleApplication sample, int port)
    {
        var processes = new HashSet<int>();
        for (var i = 0; i < 6; i++)
        {
            using var client = new HttpClient();
            processes.Add(await client.GetFromJsonAsync<int>(new Uri($"http://127.0.0.1:{port}/"), sample.Patience));
        }

        return processes;
    }
}
