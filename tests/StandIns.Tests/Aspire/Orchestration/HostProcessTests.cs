using System.Net.Http.Json;
using AiMesh.Testing;
using Npgsql;

namespace AiMesh.StandIns.Tests.Aspire.Orchestration;

/// <summary>What a user does to a running AppHost: Ctrl-C, kill -9, a second one beside it.</summary>
[Trait("Level", "Server")]
public sealed class HostProcessTests : IDisposable
{
    private readonly TemporaryFolder _state = new();

    private string[] WithoutServers => [$"--Aspire:StatePath={_state.Path}"];

    private string[] Arguments => [.. WithoutServers, "--Sample:Servers=true"];

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task CtrlC_StopsEverythingInOrder_AndEndsWithZero()
    {
        await using var host = HostProcess.Start(Arguments);
        await host.RunningAsync();
        var processes = ProcessTable.DescendantsOf(host.Id);

        host.Signal("INT");
        var exitCode = await host.ExitAsync();

        Assert.Equal(0, exitCode);
        Assert.DoesNotContain(processes, ProcessTable.IsRunning);
        Assert.True(
            host.Output.IndexOf("[front] I stop in order.", StringComparison.Ordinal) < host.Output.IndexOf("[back] I stop in order.", StringComparison.Ordinal),
            host.Output);
        Assert.False(File.Exists(Path.Combine(_state.Path, "volumes", "postgres-data", "data", "postmaster.pid")));
    }

    [Fact]
    public async Task KillOfTheHost_LeavesNoProcess_AndTheNextRunHasTheData()
    {
        await using (var host = HostProcess.Start(Arguments))
        {
            await host.RunningAsync();
            await ExecuteAsync(await ConnectionStringAsync(host), "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
            var processes = ProcessTable.DescendantsOf(host.Id);

            // PostgreSQL with its own children, Redis, two services, and a watch for each of the four.
            Assert.True(processes.Length > 8, host.Output);

            host.Signal("KILL");
            await host.ExitAsync();

            await ProcessTable.GoneAsync(processes);
        }

        await using var next = HostProcess.Start(Arguments);
        await next.RunningAsync();
        Assert.Equal(7, await ExecuteAsync(await ConnectionStringAsync(next), "SELECT id FROM kept"));
    }

    [Fact]
    public async Task KillOfDotnetRun_StopsTheHostAndEverything()
    {
        var project = Path.Combine(Projects.Sample_AppHost.ProjectPath, "Sample.AppHost.csproj");
        string[] command = ["run", "--no-build", "--project", project, "--", .. Arguments];
        await using var run = HostProcess.Start("dotnet", command);
        await run.RunningAsync();
        var processes = ProcessTable.DescendantsOf(run.Id);

        run.Signal("KILL");

        await ProcessTable.GoneAsync(processes);
    }

    [Fact]
    public async Task SecondHost_OnTheSameState_SaysWhoHasItAndTheWayOut()
    {
        await using var first = HostProcess.Start(WithoutServers);
        await first.RunningAsync();

        await using var second = HostProcess.Start(WithoutServers);
        var exitCode = await second.ExitAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains($"process {first.Id}", second.Output, StringComparison.Ordinal);
        Assert.Contains("--Aspire:StatePath=", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecondHost_OnATakenPort_NamesTheSettingToChange()
    {
        var port = FreePort.Next();
        using var other = new TemporaryFolder();
        await using var first = HostProcess.Start([.. WithoutServers, $"--Front:Port={port}"]);
        await first.RunningAsync();

        await using var second = HostProcess.Start($"--Aspire:StatePath={other.Path}", $"--Front:Port={port}");
        var exitCode = await second.ExitAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains($"--Front:Port={port + 1}", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecondHost_WithAStateAndPortsOfItsOwn_RunsBesideTheFirst()
    {
        using var other = new TemporaryFolder();
        await using var first = HostProcess.Start([.. Arguments, $"--Front:Port={FreePort.Next()}"]);
        await using var second = HostProcess.Start($"--Aspire:StatePath={other.Path}", "--Sample:Servers=true", $"--Front:Port={FreePort.Next()}");

        await first.RunningAsync();
        await second.RunningAsync();

        Assert.NotEqual(await ConnectionStringAsync(first), await ConnectionStringAsync(second));
    }

    private static async Task<string> ConnectionStringAsync(HostProcess host)
    {
        using var client = new HttpClient { BaseAddress = host.AddressOf("back", "http") };
        var variables = await client.GetFromJsonAsync<Dictionary<string, string>>("/environment");
        return variables!["ConnectionStrings__things-db"];
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
