using System.Diagnostics;
using AiMesh.Common.V1;
using AiMesh.DataService.Audit;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Audit;

/// <summary>D13: the record of accesses tells of every change that is made to it afterwards.</summary>
[Trait("Level", "Server")]
public sealed class AuditChainTests(AuditFixture fixture) : IClassFixture<AuditFixture>
{
    [Fact]
    public async Task Accesses_AreChainedOnceEach()
    {
        var organisation = await fixture.NewChainAsync();
        await fixture.SealAsync();
        Assert.StartsWith($"{organisation} 6 ", await fixture.VerifyAsync(organisation), StringComparison.Ordinal);
        Assert.Equal("ann define,ann create,ann list,ann list,ann list,ann list", await fixture.AskAsync<string>(
            $"SELECT string_agg(subject || ' ' || action, ',' ORDER BY id) FROM access_log WHERE organisation = '{organisation}'"));
    }

    [Theory]
    [InlineData("UPDATE audit_events SET detail = detail || '{\"items\": \"0\"}' WHERE organisation = '{0}' AND sequence = 4", "record 4 was changed after it was written")]
    [InlineData("UPDATE audit_events SET actor = target WHERE organisation = '{0}' AND sequence = 3", "record 3 was changed after it was written")]
    [InlineData("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE organisation = '{0}' AND sequence = 5", "record 5 was changed after it was written")]
    [InlineData("DELETE FROM audit_events WHERE organisation = '{0}' AND sequence = 4", "record 4 is missing")]
    [InlineData("DELETE FROM audit_events WHERE organisation = '{0}' AND sequence = 6", "record 6 is missing, and so is everything up to the checkpoint at 6: the end was cut off")]
    [InlineData("UPDATE audit_people SET subject = 'bob' WHERE organisation = '{0}'", "was changed")]
    [InlineData("DELETE FROM audit_people WHERE organisation = '{0}'", "whose person was removed without an erasure")]
    public async Task Tampering_IsFound(string sql, string finding)
    {
        var organisation = await fixture.NewChainAsync();
        await fixture.CheckpointAsync();
        await fixture.ExecuteAsync(sql.Replace("{0}", organisation, StringComparison.Ordinal));
        Assert.Contains(finding, await fixture.VerifyAsync(organisation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_OverAProcess_TellsBrokenFromWhole()
    {
        var organisation = await fixture.NewChainAsync();
        var (_, output, _) = await RunAsync();
        Assert.Contains($"{organisation} 6 ", output, StringComparison.Ordinal);
        await fixture.ExecuteAsync($"UPDATE audit_events SET detail = '{{}}' WHERE organisation = '{organisation}' AND sequence = 2");
        var (code, _, errors) = await RunAsync();
        Assert.Equal(1, code);
        Assert.Contains($"{organisation}: record 2 was changed after it was written", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ErasedPerson_LeavesTheChainWhole()
    {
        var organisation = await fixture.NewChainAsync();
        var headers = new Metadata { { "authorization", $"Bearer {fixture.Authority.Token("auth", organisation, permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client)}" } };
        var answer = await new PersonalData.PersonalDataClient(fixture.Service.Channel).ErasePersonalDataAsync(
            new ErasePersonalDataRequest { Person = new Person { Id = "ann", Email = "ann@people.example" }, RequestId = Guid.NewGuid().ToString(), Pseudonym = "erased-ann" }, headers);
        Assert.Contains(answer.Stores, static store => store is { Store: "access_log", Pseudonymised: 1 });
        Assert.StartsWith($"{organisation} 7 ", await fixture.VerifyAsync(organisation), StringComparison.Ordinal);
        Assert.Equal(0L, await fixture.AskAsync<long>($"SELECT count(*) FROM access_log WHERE organisation = '{organisation}' AND subject = 'ann'"));
    }

    [Fact]
    public async Task Denied_IsRecorded()
    {
        var organisation = await fixture.NewChainAsync();
        var nobody = fixture.CallerOf(organisation, "eve", "data:list");
        await Caller.FailureAsync(() => nobody.ListAsync("d"));
        await nobody.SendAsync(HttpMethod.Get, "/api/data/datasets/d/items/one");
        await nobody.SendAsync(HttpMethod.Post, "/api/data/datasets/d:import", "name\nx\n", "text/csv");
        await Caller.FailureAsync(() => nobody.DefineAsync("other", Dataset([Field("name")], Admins)));
        var writer = new Caller(fixture.Service, fixture.Authority.Token("mallory", organisation, ["guest"], ["*"]), "mallory");
        await Caller.FailureAsync(() => writer.CreateAsync("d", Fields(("name", "x"))));

        // A refusal over HTTP is recorded when it is written, which its reader may see a moment earlier.
        for (var patience = Stopwatch.StartNew(); await RefusalsAsync() < 5; await Task.Delay(20)) Assert.True(patience.Elapsed < TimeSpan.FromSeconds(20), "A refusal was not recorded.");
        await fixture.SealAsync();
        Assert.Equal(
            [
                "eve d /aimesh.data.v1.Items/GetItem", "eve d /aimesh.data.v1.Items/ListItems", "eve d POST /api/data/datasets/{dataset}:import",
                "eve other /aimesh.data.v1.Datasets/CreateDataset", "mallory d /aimesh.data.v1.Items/CreateItem",
            ],
            await fixture.AskAsync<string[]>($"SELECT array_agg(subject || ' ' || dataset || ' ' || rule ORDER BY subject || ' ' || dataset || ' ' || rule COLLATE \"C\") FROM access_log WHERE organisation = '{organisation}' AND action = 'denied'"));

        Task<long> RefusalsAsync() => fixture.AskAsync<long>($"SELECT count(*) FROM access_log WHERE organisation = '{organisation}' AND action = 'denied'");
    }

    [Fact]
    public async Task Stream_ThatNobodyEnded_IsChainedOnceWithoutItsCount()
    {
        var organisation = await fixture.NewChainAsync();
        var principal = new Principal { Kind = PrincipalKind.User, Subject = "ann", Organisation = organisation, TokenId = "t" };
        var log = fixture.Service.Host.Services.GetRequiredService<AccessLog>();
        var entry = new AccessEntry(principal, "d", 1, "query", "1:0");
        var (ended, lost) = (await log.BeginAsync(entry, default), await log.BeginAsync(entry, default));
        await log.FinishAsync(principal with { Subject = "bob" }, lost, 7, default);
        await log.FinishAsync(principal, ended, 1000, default);
        await fixture.SealAsync();
        Assert.Equal(["1000"], await CountsAsync());

        await fixture.Impatient(TimeSpan.Zero).SealAsync(wait: true, default);
        await log.FinishAsync(principal, lost, 2000, default);
        await fixture.SealAsync();
        Assert.Equal(["1000", "unknown"], await CountsAsync());

        Task<string[]> CountsAsync() => fixture.AskAsync<string[]>(
            $"SELECT array_agg(coalesce(detail ->> 'items', 'unknown') ORDER BY sequence) FROM audit_events WHERE organisation = '{organisation}' AND action = 'data.query'");
    }

    [Fact]
    public async Task KilledService_LosesAndDoublesNoRecord()
    {
        var organisation = await fixture.NewChainAsync();
        var (acknowledged, next) = (new System.Collections.Concurrent.ConcurrentBag<string>(), 0);
        for (var round = 0; round < 2; round++)
        {
            await using var service = await DataServiceProcess.StartAsync(fixture.Database.ConnectionString, fixture.Authority, "Audit:SealInterval=00:00:00.050");
            var items = new Data.V1.Items.ItemsClient(service.Channel);
            var reading = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                while (true)
                {
                    // A subject of its own for each read, so that the reads can be told apart.
                    var subject = FormattableString.Invariant($"reader-{Interlocked.Increment(ref next)}");
                    var headers = new Metadata { { "authorization", $"Bearer {fixture.Authority.Token(subject, organisation, ["admin"], ["*"])}" } };
                    try
                    {
                        await items.ListItemsAsync(new Data.V1.ListItemsRequest { Dataset = "d" }, headers);
                        acknowledged.Add(subject);
                    }
                    catch (RpcException)
                    {
                        return;
                    }
                }
            }));
            var before = acknowledged.Count;
            while (acknowledged.Count < before + 100) await Task.Delay(10);
            service.Kill();
            await reading;
        }

        await fixture.SealAsync();
        var recorded = await fixture.AskAsync<string[]>($"SELECT array_agg(subject) FROM access_log WHERE organisation = '{organisation}' AND subject LIKE 'reader-%'");
        Assert.Equal(recorded.Length, recorded.Distinct().Count());
        Assert.Empty(acknowledged.Except(recorded));
        Assert.StartsWith($"{organisation} {recorded.Length + 6} ", await fixture.VerifyAsync(organisation), StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(Program).Assembly.Location);
        start.ArgumentList.Add("verify-audit");
        start.Environment["ConnectionStrings__data-db"] = fixture.Database.ConnectionString;
        start.Environment["Mesh__MasterKey"] = "a master key for tests only";
        start.Environment["Logging__LogLevel__Default"] = "None";
        using var command = Process.Start(start)!;
        var (output, errors) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        return (command.ExitCode, await output, await errors);
    }
}
