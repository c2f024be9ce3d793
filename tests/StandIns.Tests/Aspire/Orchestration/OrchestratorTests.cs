using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace AiMesh.StandIns.Tests.Aspire.Orchestration;

[Trait("Level", "Server")]
public sealed class OrchestratorTests
{
    [Fact]
    public async Task WaitFor_StartsTheDependentOnlyWhenTheOtherIsHealthy()
    {
        await using var sample = await SampleApplication.StartAsync(
            [], builder => builder.CreateResourceBuilder<ProjectResource>("back").WithEnvironment("Sample__HealthyAfter", "00:00:01.5"));

        await sample.HealthyAsync("front");

        Assert.True(StartOf(sample, "front") - StartOf(sample, "back") > TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task WaitFor_StartsTheDependentOnlyWhenTheReadyHandlersAreDone()
    {
        var isHandled = new TaskCompletionSource();
        await using var sample = await SampleApplication.StartAsync(
            [], builder => builder.CreateResourceBuilder<ProjectResource>("back").OnResourceReady((_, _, token) => isHandled.Task.WaitAsync(token)));
        await sample.Notifications.WaitForResourceAsync(
            "back", change => change.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy, sample.Patience);

        Assert.Equal(KnownResourceStates.Waiting, StateOf(sample, "front"));
        isHandled.SetResult();

        await sample.HealthyAsync("front");
    }

    [Fact]
    public async Task WaitForCompletion_OfAProgramThatSucceeds_StartsTheDependent()
    {
        await using var sample = await SampleApplication.StartAsync([], builder => WithSetUp(builder, exitCode: 0));

        await sample.HealthyAsync("back");

        Assert.Equal(KnownResourceStates.Finished, StateOf(sample, "set-up"));
    }

    [Fact]
    public async Task WaitForCompletion_OfAProgramThatFails_FailsTheDependentWithItsLastLines()
    {
        await using var sample = await SampleApplication.StartAsync([], builder => WithSetUp(builder, exitCode: 4));

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => sample.HealthyAsync("back"));

        Assert.Contains("ended with code 4", error.Message, StringComparison.Ordinal);
        Assert.Contains("setting up", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Death_OfAService_StartsItAgain()
    {
        await using var sample = await SampleApplication.StartAsync([]);
        await sample.HealthyAsync("front");
        var first = await sample.ProcessIdOfAsync("front");

        using (var client = sample.App.CreateHttpClient("front"))
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.PostAsync("/end/0", null, sample.Patience));
        var death = await sample.Notifications.WaitForResourceAsync("front", change => change.Snapshot.State?.Text == "Restarting", sample.Patience);
        await sample.HealthyAsync("front");

        Assert.Equal(0, death.Snapshot.ExitCode);
        Assert.NotEqual(first, await sample.ProcessIdOfAsync("front"));
        Assert.True(StartOf(sample, "front") - death.Snapshot.StopTimeStamp >= TimeSpan.FromSeconds(0.99));
    }

    [Fact]
    public async Task Death_OfADatabaseServer_KeepsItsDataAndAddress()
    {
        await using var sample = await SampleApplication.StartAsync(["--Sample:Servers=true"]);
        await sample.HealthyAsync("back");
        var connectionString = await sample.App.GetConnectionStringAsync("things-db", sample.Patience);
        var process = (int)(await sample.HealthyAsync("postgres")).Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;

        using (var kill = System.Diagnostics.Process.GetProcessById(process))
            kill.Kill();
        await sample.Notifications.WaitForResourceAsync("postgres", "Restarting", sample.Patience);
        await sample.HealthyAsync("postgres");

        await using var connection = new Npgsql.NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(sample.Patience);
        Assert.Equal("things", connection.Database);
    }

    [Fact]
    public async Task StartAsync_WithResourcesThatWaitForEachOther_NamesTheCircle()
    {
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => SampleApplication.StartAsync([], builder =>
            builder.CreateResourceBuilder<ProjectResource>("back").WaitFor(builder.CreateResourceBuilder<ProjectResource>("front"))));

        Assert.Contains("back -> front -> back", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithExplicitStart_StartsOnlyByCommand()
    {
        await using var sample = await SampleApplication.StartAsync(
            [], builder => builder.CreateResourceBuilder<ProjectResource>("front").WithExplicitStart());
        await sample.HealthyAsync("back");
        Assert.Equal(KnownResourceStates.NotStarted, StateOf(sample, "front"));

        var result = await sample.App.ResourceCommands.ExecuteCommandAsync("front", KnownResourceCommands.StartCommand, sample.Patience);

        Assert.True(result.Success);
        await sample.HealthyAsync("front");
    }

    [Fact]
    public async Task StopAsync_WithAReferenceAndNoWait_StopsTheOneThatRefersFirst()
    {
        await using var sample = await SampleApplication.StartAsync([], builder =>
        {
            var front = builder.CreateResourceBuilder<ProjectResource>("front").WithEnvironment("Sample__StopTakes", "00:00:01").Resource;
            front.Annotations.Remove(front.Annotations.OfType<WaitAnnotation>().Single());

            // A circle of references, which Aspire allows.
            builder.CreateResourceBuilder<ProjectResource>("back").WithReference(builder.CreateResourceBuilder<ProjectResource>("back"));
        });
        await sample.HealthyAsync("front");
        await sample.HealthyAsync("back");

        await sample.App.StopAsync(sample.Patience);

        Assert.True(EndOf(sample, "front") < EndOf(sample, "back"));
    }

    private static void WithSetUp(IDistributedApplicationBuilder builder, int exitCode)
    {
        var setUp = builder.AddExecutable("set-up", "/bin/sh", ".", "-c", $"echo setting up; exit {exitCode}");
        builder.CreateResourceBuilder<ProjectResource>("back").WaitForCompletion(setUp);
    }

    private static string? StateOf(SampleApplication sample, string id) =>
        sample.Notifications.TryGetCurrentState(id, out var state) ? state.Snapshot.State?.Text : null;

    private static DateTime? StartOf(SampleApplication sample, string id) =>
        sample.Notifications.TryGetCurrentState(id, out var state) ? state.Snapshot.StartTimeStamp : null;

    private static DateTime? EndOf(SampleApplication sample, string id) =>
        sample.Notifications.TryGetCurrentState(id, out var state) ? state.Snapshot.StopTimeStamp : null;
}
