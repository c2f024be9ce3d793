using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using AiMesh.Testing;
using Aspire.Hosting.Testing;
using Npgsql;
using StackExchange.Redis;

namespace AiMesh.Mesh.Tests.Privacy;

/// <summary>A10 through the whole mesh: everything of a person in one archive, then nothing of them anywhere, and a receipt.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class PrivacyMeshTests(MeshFixture mesh)
{
    private static readonly string[] Databases = ["auth-db", "data-db", "ai-db", "iot-db"];

    /// <summary>Where the id of an erased person may still stand: the chain never changes (docs/decisions/0015).</summary>
    private static readonly string[] Documented = ["auth-db public.audit_events.actor", "auth-db public.audit_events.target"];

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Person_IsExportedFromAndErasedFromEveryService()
    {
        using var admin = await mesh.ClientAsync("admin");
        var erika = await MeshPerson.CreateAsync(mesh, admin, "Erika");
        var otto = await MeshPerson.CreateAsync(mesh, admin, "Otto");
        await erika.LeaveTracesAsync(admin);
        await otto.LeaveTracesAsync(admin);

        using var self = erika.Client();
        var files = await ExportAsync(self, erika.Id);
        Assert.Contains(erika.Email, files["auth/users.jsonl"], StringComparison.Ordinal);
        Assert.Contains(erika.Mark, files["data/items/surveys.jsonl"], StringComparison.Ordinal);
        Assert.NotEmpty(files["data/access_log.jsonl"]);
        Assert.Contains("local/analyst", files["ai/calls.jsonl"], StringComparison.Ordinal);
        Assert.Contains(erika.DeviceId, files["iot/devices.jsonl"], StringComparison.Ordinal);
        var everything = string.Concat(files.Values);
        foreach (var foreign in new[] { otto.Id, otto.Email, otto.Mark, otto.DeviceId })
            Assert.DoesNotContain(foreign, everything, StringComparison.Ordinal);

        // The member does not see who a survey's contact is, so a row about her comes without that field; the administrator's export has it.
        Assert.DoesNotContain("contact_email", files["data/items/surveys.jsonl"], StringComparison.Ordinal);
        Assert.Contains("contact_email", (await ExportAsync(admin, erika.Id))["data/items/surveys.jsonl"], StringComparison.Ordinal);

        var sums = await LedgerAsync();
        var places = await ScanAsync(erika);
        Assert.All(Databases, database => Assert.Contains(places, place => place.StartsWith(database, StringComparison.Ordinal)));
        using var refused = otto.Client();
        Assert.Equal(HttpStatusCode.Forbidden, (await refused.PostAsync($"/api/auth/users/{erika.Id}:erase", "{}")).Status);

        var begun = (await self.PostAsync($"/api/auth/users/{erika.Id}:erase", "{}")).Ok();
        Assert.Equal(HttpStatusCode.Unauthorized, (await self.FetchAsync("/api/auth/verify")).Status);
        var erasure = await DoneAsync(begun.Text("id"));

        Assert.Empty((await ScanAsync(erika)).Except(Documented));
        Assert.Equal(sums, await LedgerAsync());
        Assert.NotEmpty(await ScanAsync(otto));
        using var anonymous = await mesh.ClientAsync(null);
        var verified = (await anonymous.PostAsync("/api/auth/receipts:verify", $$"""{"receipt":"{{erasure.Text("receipt")}}","user":"{{erika.Id}}"}""")).Ok();
        Assert.True(verified["valid"]!.GetValue<bool>());
        Assert.True(verified["concernsUser"]!.GetValue<bool>());
        Assert.Equal(["ai", "auth", "data", "iot"], Services(verified).Order());
        var tampered = (await anonymous.PostAsync("/api/auth/receipts:verify", $$"""{"receipt":"{{erasure.Text("receipt")[..^1]}}"}""")).Ok();
        Assert.False(tampered["valid"]!.GetValue<bool>());
        Assert.Equal(erasure.Text("receipt"), (await admin.PostAsync($"/api/auth/users/{erika.Id}:erase", "{}")).Ok().Text("receipt"));
        Assert.Empty(await RedisAsync(erika));

        // Other tests count rows.
        await DoneAsync((await admin.PostAsync($"/api/auth/users/{otto.Id}:erase", "{}")).Ok().Text("id"));
    }

    [Theory]
    [InlineData("auth")]
    [InlineData("data")]
    public async Task Erasure_WhoseServiceIsKilledHalfWay_IsFinishedByTheNextProcess(string service)
    {
        using var admin = await mesh.ClientAsync("admin");
        var person = await MeshPerson.CreateAsync(mesh, admin, "Karla");
        await person.LeaveTracesAsync(admin);
        var process = await mesh.ProcessIdOfAsync(service);

        // For some seconds the person's tokens are waited for, so nothing can be done when the process dies.
        var begun = (await admin.PostAsync($"/api/auth/users/{person.Id}:erase", "{}")).Ok();
        using (var running = Process.GetProcessById(process))
            running.Kill();
        await DoneAsync(begun.Text("id"));

        Assert.Empty((await ScanAsync(person)).Except(Documented));
        Assert.NotEqual(process, await mesh.ProcessIdOfAsync(service));
    }

    [Fact]
    public async Task PersonalData_ThroughTheGateway_IsServedToNobody()
    {
        using var channel = await mesh.ChannelAsync("admin");
        var client = new AiMesh.Common.V1.PersonalData.PersonalDataClient(channel);

        var exception = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() =>
            client.ErasePersonalDataAsync(new AiMesh.Common.V1.ErasePersonalDataRequest { Person = new() { Id = "x" }, RequestId = "x", Pseudonym = "erased-x" }).ResponseAsync);

        Assert.Contains(exception.StatusCode, new[] { Grpc.Core.StatusCode.Unimplemented, Grpc.Core.StatusCode.NotFound });
    }

    private static IEnumerable<string> Services(JsonNode verified) =>
        JsonNode.Parse(verified.Text("statement"))!["services"]!.AsArray().Select(static service => service!.Text("service"));

    private static async Task<Dictionary<string, string>> ExportAsync(HttpClient client, string user)
    {
        var export = (await client.PostAsync($"/api/auth/users/{user}:export", "{}")).Ok();
        var started = Stopwatch.GetTimestamp();
        while (export.Text("state") != "DONE")
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Bound, $"The export is still {export.ToJsonString()}");
            await Task.Delay(100);
            export = (await client.FetchAsync($"/api/auth/exports/{export.Text("id")}")).Ok();
        }

        using var response = await client.GetAsync(new Uri($"/api/auth/exports/{export.Text("id")}/archive", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var archive = new ZipArchive(await response.Content.ReadAsStreamAsync(), ZipArchiveMode.Read);
        return archive.Entries.ToDictionary(static entry => entry.FullName, static entry => new StreamReader(entry.Open()).ReadToEnd());
    }

    /// <summary>The erasure when it is done. Whoever asks is nobody: the id is enough.</summary>
    private async Task<JsonNode> DoneAsync(string erasure)
    {
        using var client = await mesh.ClientAsync(null);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await client.FetchAsync($"/api/auth/erasures/{erasure}");
            if (answer.Status == HttpStatusCode.OK && answer.Json!.Text("state") == "DONE") return answer.Json!;
            Assert.True(Stopwatch.GetElapsedTime(started) < Bound, $"The erasure is still {answer.Text}");
            await Task.Delay(100);
        }
    }

    private async Task<IReadOnlyList<string>> ScanAsync(MeshPerson person)
    {
        var places = new List<string>();
        foreach (var database in Databases)
        {
            var found = await PersonScan.FindAsync((await mesh.App.GetConnectionStringAsync(database))!, person.Id, person.Email, person.DisplayName);
            places.AddRange(found.Select(place => $"{database} {place}"));
        }

        return places;
    }

    /// <summary>Keys of Redis that name the person, or hold a text that does. Buckets of limits may for as long as they are not full.</summary>
    private async Task<IReadOnlyList<string>> RedisAsync(MeshPerson person)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(await mesh.App.GetConnectionStringAsync("redis"));
        var database = redis.GetDatabase();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var found = new List<string>();
            // All at once and on a thread of its own: a page that is waited for where an answer has just been taken can block the thread that reads the next one.
            foreach (var key in await Task.Run(() => redis.GetServer(redis.GetEndPoints().Single()).Keys(pageSize: 1000).ToList()))
            {
                var content = await database.KeyTypeAsync(key) == RedisType.String ? (string?)await database.StringGetAsync(key) : "";
                if (new[] { person.Id, person.Email, person.DisplayName }.Any($"{key} {content}".Contains)) found.Add(key!);
            }

            if (found.Count == 0 || Stopwatch.GetElapsedTime(started) > Bound) return found;
            await Task.Delay(100);
        }
    }

    /// <summary>What calls cost, all together and by organisation.</summary>
    private async Task<string> LedgerAsync()
    {
        await using var connection = new NpgsqlConnection(await mesh.App.GetConnectionStringAsync("ai-db"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "select string_agg(organisation || ' ' || calls || ' ' || cost || ' ' || tokens, ';' order by organisation) from ("
            + "select organisation, count(*) calls, sum(cost) cost, sum(input_tokens + output_tokens) tokens from ledger group by organisation) l",
            connection);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture)!;
    }
}
