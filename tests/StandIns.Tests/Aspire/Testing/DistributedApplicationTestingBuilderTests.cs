using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace AiMesh.StandIns.Tests.Aspire.Testing;

[Trait("Level", "Server")]
public sealed class DistributedApplicationTestingBuilderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task CreateAsync_RunsTheEntryPoint_AndTheTestReachesEverything()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(
            ["--Sample:Servers=true", "--Front:Port=8080", "--Replicas:back=2"], patience.Token);
        await using var app = await builder.BuildAsync(patience.Token);
        await app.StartAsync(patience.Token);

        var healthy = await app.ResourceNotifications.WaitForResourceHealthyAsync("front", patience.Token);
        using var front = app.CreateHttpClient("front");
        var variables = await front.GetFromJsonAsync<Dictionary<string, string>>("/environment", patience.Token);

        Assert.Equal(KnownResourceStates.Running, healthy.Snapshot.State?.Text);
        Assert.NotEqual(8080, app.GetEndpoint("front", "http").Port);
        Assert.Contains("services__back__http__1", variables!);
        await using var connection = new NpgsqlConnection(await app.GetConnectionStringAsync("things-db", patience.Token));
        await connection.OpenAsync(patience.Token);
        Assert.Equal("things", connection.Database);
    }

    [Fact]
    public async Task DisposeAsync_StopsEverything_AndDeletesTheState()
    {
        using var patience = new CancellationTokenSource(Patience);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(patience.Token);
        var state = builder.Configuration["Aspire:StatePath"]!;
        var app = await builder.BuildAsync(patience.Token);
        await app.StartAsync(patience.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("front", patience.Token);
        using var front = app.CreateHttpClient("front");
        var processId = await front.GetFromJsonAsync<int>("/", patience.Token);

        await app.DisposeAsync();
        await builder.DisposeAsync();

        Assert.False(Directory.Exists(state));
        Assert.False(ProcessTable.IsRunning(processId));
    }

    [Fact]
    public async Task CreateAsync_WithAChangeByTheTest_RunsTheChangedApplication()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(patience.Token);
        builder.CreateResourceBuilder<ProjectResource>("back").WithEnvironment("Said__By", "the test");
        await using var app = await builder.BuildAsync(patience.Token);
        await app.StartAsync(patience.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("back", patience.Token);
        using var back = app.CreateHttpClient("back");

        var variables = await back.GetFromJsonAsync<Dictionary<string, string>>("/environment", patience.Token);

        Assert.Equal("the test", variables!["Said__By"]);
    }

    [Fact]
    public async Task WaitForResourceHealthyAsync_OfAServiceThatDiesAgainAndAgain_FailsWithItsLastLines()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(
            ["--Sample:EndAtOnce=3"], patience.Token);
        await using var app = await builder.BuildAsync(patience.Token);
        await app.StartAsync(patience.Token);

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("back", patience.Token));

        Assert.Contains("I end at once.", error.Message, StringComparison.Ordinal);
        Assert.Contains("FailedToStart", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_WithAnUnknownEndpointToCheck_SaysSo()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(patience.Token);
        builder.CreateResourceBuilder<ProjectResource>("back").WithHttpHealthCheck("/", endpointName: "nowhere");
        await using var app = await builder.BuildAsync(patience.Token);

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync(patience.Token));

        Assert.Contains("'nowhere'", error.Message, StringComparison.Ordinal);
    }
}
