using System.Diagnostics;
using System.Globalization;
using AiMesh.Auth.V1;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace AiMesh.AuthService.Tests.Audit;

/// <summary>AuthService and its command as processes of their own.</summary>
[Trait("Level", "Server")]
public sealed class AuditProcessTests(AuditFixture fixture) : IClassFixture<AuditFixture>
{
    [Fact]
    public async Task Acts_ThatAKillInterrupts_AreThereWithTheirRecordOrNotAtAll()
    {
        var (organisation, person) = await fixture.NewChainAsync();
        var done = 0;
        for (var round = 0; round < 2; round++)
        {
            var port = FreePort.Next();
            using var service = Start($"--Kestrel:Endpoints:http:Url=http://127.0.0.1:{FreePort.Next()}", $"--Kestrel:Endpoints:grpc:Url=http://127.0.0.1:{port}");
            using var channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
            var roles = new Auth.V1.Roles.RolesClient(channel);
            await StartedAsync(roles, person);

            var names = Enumerable.Range(0, 60).Select(i => string.Create(CultureInfo.InvariantCulture, $"r{round}-{i}")).ToArray();
            var calls = names.Select(name => TryCreateAsync(roles, name, person)).ToArray();
            while (Volatile.Read(ref done) < (round * 60) + 5) await Task.Delay(2);
            service.Kill();
            await service.WaitForExitAsync();
            await Task.WhenAll(calls);
            done = (round + 1) * 60;
        }

        // Every role that is there has exactly one record, and no record speaks of a role that is not.
        Assert.Equal(
            await fixture.AskAsync<string>("select name from roles where organisation = @organisation and name like 'r%-%' order by name", new { organisation }),
            await fixture.AskAsync<string>("select target from audit_events where organisation = @organisation and action = 'role.create' order by target collate \"C\"", new { organisation }));
        Assert.DoesNotContain("record", await fixture.VerifyAsync(organisation), StringComparison.Ordinal);

        async Task TryCreateAsync(Auth.V1.Roles.RolesClient roles, string name, Person caller)
        {
            try
            {
                await roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = name } }, caller.Headers);
                Interlocked.Increment(ref done);
            }
            catch (RpcException exception)
            {
                // Killed under way: whether it was done, the database says.
                Assert.NotEqual(StatusCode.InvalidArgument, exception.StatusCode);
            }
        }
    }

    [Fact]
    public async Task VerifyAudit_AsACommand_TellsByItsExitCode()
    {
        var (organisation, _) = await fixture.NewChainAsync();
        var (code, output, _) = await RunAsync();
        Assert.Equal(0, code);
        Assert.Contains($"{organisation} 6 ", output, StringComparison.Ordinal);

        var anchors = Path.GetTempFileName();
        await File.WriteAllTextAsync(anchors, output);
        await fixture.ExecuteAsync("delete from audit_events where organisation = @organisation and sequence = 6", new { organisation });

        Assert.Equal(0, (await RunAsync()).Code);
        var (cut, _, errors) = await RunAsync("--anchors", anchors);
        Assert.Equal(1, cut);
        Assert.Contains($"{organisation}: record 6 is missing", errors, StringComparison.Ordinal);
        File.Delete(anchors);
        Assert.Equal(2, (await RunAsync("--anchors", anchors)).Code);
    }

    private static async Task StartedAsync(Auth.V1.Roles.RolesClient roles, Person person)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(100))
        {
            try
            {
                await roles.ListRolesAsync(new ListRolesRequest(), person.Headers);
                return;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
            {
                // Not listening yet.
            }
        }
    }

    private Process Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(Program).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["ConnectionStrings__auth-db"] = fixture.ConnectionString;
        start.Environment["Mesh__MasterKey"] = AuthServiceHost.MasterKey;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Test";
        start.Environment["Mesh__Certificate__Mode"] = "None";
        start.Environment["Logging__LogLevel__Default"] = "None";
        return Process.Start(start)!;
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var command = Start(["verify-audit", .. arguments]);
        var (output, errors) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        return (command.ExitCode, await output, await errors);
    }
}
