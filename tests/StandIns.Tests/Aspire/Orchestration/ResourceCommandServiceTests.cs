using Aspire.Hosting.ApplicationModel;

namespace AiMesh.StandIns.Tests.Aspire.Orchestration;

[Trait("Level", "Server")]
public sealed class ResourceCommandServiceTests
{
    [Fact]
    public async Task StopThenStart_OfAService_EndsAndRunsItsProcess()
    {
        await using var sample = await SampleApplication.StartAsync([]);
        await sample.HealthyAsync("front");
        var process = await sample.ProcessIdOfAsync("front");

        var stopped = await sample.App.ResourceCommands.ExecuteCommandAsync("front", KnownResourceCommands.StopCommand, sample.Patience);
        Assert.True(stopped.Success);
        Assert.False(ProcessTable.IsRunning(process));
        Assert.True(sample.Notifications.TryGetCurrentState("front", out var state));
        Assert.Equal(KnownResourceStates.Exited, state.Snapshot.State?.Text);

        await sample.App.ResourceCommands.ExecuteCommandAsync("front", KnownResourceCommands.StartCommand, sample.Patience);
        await sample.Notifications.WaitForResourceAsync("front", KnownResourceStates.Running, sample.Patience);
        await sample.HealthyAsync("front");
    }

    [Fact]
    public async Task Restart_OfAResource_GivesItANewProcess()
    {
        await using var sample = await SampleApplication.StartAsync([]);
        await sample.HealthyAsync("front");
        var process = await sample.ProcessIdOfAsync("front");

        var result = await sample.App.ResourceCommands.ExecuteCommandAsync("front", KnownResourceCommands.RestartCommand, sample.Patience);
        await sample.Notifications.WaitForResourceAsync("front", KnownResourceStates.Running, sample.Patience);
        await sample.HealthyAsync("front");

        Assert.True(result.Success);
        Assert.NotEqual(process, await sample.ProcessIdOfAsync("front"));
    }

    [Theory]
    [InlineData("front", "dance", "no command 'dance'")]
    [InlineData("nobody", "stop", "no resource 'nobody'")]
    public async Task ExecuteCommandAsync_OfSomethingUnknown_SaysWhat(string resource, string command, string reason)
    {
        await using var sample = await SampleApplication.StartAsync([]);

        var result = await sample.App.ResourceCommands.ExecuteCommandAsync(resource, command, sample.Patience);

        Assert.False(result.Success);
        Assert.Contains(reason, result.Message, StringComparison.Ordinal);
    }
}
