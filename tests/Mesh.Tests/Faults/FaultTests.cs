using System.Globalization;
using System.Net;
using AiMesh.Testing;
using Xunit.Abstractions;

namespace AiMesh.Mesh.Tests.Faults;

/// <summary>
/// What everything stands on is killed, frozen and cut off under load: nobody gets in who should not, nothing that was acknowledged is lost, every
/// request is answered in time and in form, and afterwards all is well again without help (G11, O5, A1, T4).
/// </summary>
[Collection(FaultMeshTests.Name)]
[Trait("Level", "Server")]
public sealed class FaultTests(FaultMesh mesh, ITestOutputHelper output)
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("AIMESH_FULL") == "1";

    /// <summary>The promise is five seconds; a machine that is busy with other things gets more, and the output tells what it took.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(IsFull ? 20 : 45);

    /// <summary>No answer may take longer, whatever happens behind the gateway.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(IsFull ? 25 : 45);

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(IsFull ? 10 : 1.5);

    /// <summary>All is well when nothing has failed for so long.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1.5);

    public static TheoryData<string, string> Faults
    {
        get
        {
            // The long run has them all. Every run has those that a busy machine cannot turn into something else by being slow.
            var faults = new TheoryData<string, string>();
            string[] resources = IsFull ? ["redis", "postgres", "auth"] : ["redis", "auth"];
            string[] kinds = IsFull ? ["kill", "freeze", "cut", "silence"] : ["kill", "freeze"];
            foreach (var resource in resources)
            {
                foreach (var fault in kinds)
                {
                    for (var round = 0; round < (IsFull ? 5 : 1); round++)
                        faults.Add(resource, round == 0 ? fault : $"{fault} {round + 1}");
                }
            }

            return faults;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_UnderLoad_LetsNobodyIn_LosesNothing_AndPasses(string resource, string fault)
    {
        var admin = await PrepareAsync();
        var load = Load.Start(mesh, admin, await DeadTokensAsync(admin));
        TimeSpan begin, end, calm;
        await using (load)
        {
            await Task.Delay(WarmUp);
            await Eventually(() => Load.Kinds.All(kind => load.Samples.Any(sample => sample.Work == kind && sample.IsGood)), "Not everything works before the fault.");
            begin = load.Now;
            await InflictAsync(resource, fault.Split(' ')[0]);
            end = load.Now;
            calm = await UntilCalmAsync(load, end);
        }

        var samples = load.Samples;
        Report(resource, fault, samples, begin, end, calm);
        Assert.Equal("", string.Join('\n', samples.Where(static sample => sample.Problem is not null).Select(static sample => $"{sample.Work} at {sample.Sent}: {sample.Problem}").Distinct().Take(10)));
        Assert.True(samples.Max(static sample => sample.Took) < Longest, $"A request took {samples.Max(static sample => sample.Took)}.");
        Assert.True(calm - end < Recovery, $"Recovery took {calm - end}.");
        await NothingIsLostAsync(admin, load);
    }

    private async Task InflictAsync(string resource, string fault)
    {
        var lasts = TimeSpan.FromSeconds(IsFull ? 20 : 4);
        switch (fault)
        {
            case "kill":
                await mesh.KillAsync(resource);
                break;
            case "freeze":
                mesh.Signal(resource, "STOP");
                await Task.Delay(lasts);
                mesh.Signal(resource, "CONT");
                break;
            default:
                mesh.SetLine(resource, fault == "cut" ? Line.Cut : Line.Silent);
                await Task.Delay(lasts);
                mesh.SetLine(resource, Line.Whole);
                break;
        }
    }

    /// <summary>When the last failure of a request that was sent after the fault was over came back.</summary>
    private static async Task<TimeSpan> UntilCalmAsync(Load load, TimeSpan end)
    {
        while (true)
        {
            var since = load.Samples.Where(sample => sample.Sent >= end).ToList();
            var lastFailure = since.Where(static sample => sample.Work != "intrude" && !sample.IsGood).Select(static sample => sample.Answered).DefaultIfEmpty(end).Max();
            var isServed = Load.Kinds.All(kind => since.Any(sample => sample.Work == kind && sample.IsGood && sample.Sent >= lastFailure));
            if ((isServed && load.Now - lastFailure > Calm) || load.Now - end > Recovery)
                return isServed ? lastFailure : load.Now;
            await Task.Delay(50);
        }
    }

    private void Report(string resource, string fault, IReadOnlyList<Sample> samples, TimeSpan begin, TimeSpan end, TimeSpan calm)
    {
        output.WriteLine($"{resource} {fault}: {(end - begin).TotalSeconds:0.0} s of fault, recovered after {(calm - end).TotalSeconds:0.00} s");
        foreach (var work in samples.GroupBy(static sample => sample.Work))
        {
            var failures = work.Where(static sample => !sample.IsGood).GroupBy(static sample => sample.Status).Select(static group => $"{(int?)group.Key} x {group.Count()}");
            output.WriteLine($"  {work.Key}: {work.Count()} requests, longest {work.Max(static sample => sample.Took).TotalSeconds:0.00} s; {string.Join(", ", failures)}");
        }

        // What kept it from being well again.
        foreach (var late in samples.Where(sample => sample.Work != "intrude" && !sample.IsGood && sample.Sent >= end).OrderByDescending(static sample => sample.Answered).Take(5))
            output.WriteLine($"  {(late.Sent - end).TotalSeconds:0.00} s after the fault: {late.Work} {(int?)late.Status} after {late.Took.TotalSeconds:0.00} s");

        foreach (var problem in samples.Where(static sample => sample.Problem is not null).Take(10))
            output.WriteLine($"  {problem}");
    }

    private async Task<string> PrepareAsync()
    {
        string? token = null;
        using (var anonymous = mesh.Client(null))
        {
            // The fault before this one may still be felt where a busy machine took its time.
            await Eventually(
                async () => (token = (await anonymous.PostAsync("/api/auth/login", FaultMesh.LoginBody("admin"))).Json?["accessToken"]?.GetValue<string>()) is not null,
                "Nobody can sign in before the fault.");
        }

        using var client = mesh.Client(token);
        if ((await client.FetchAsync($"/api/data/datasets/{Load.Dataset}")).Status == HttpStatusCode.NotFound)
        {
            (await client.PostAsync("/api/data/datasets", $$"""
                {"datasetId":"{{Load.Dataset}}","dataset":{
                 "fields":[{"name":"number","type":"INTEGER","classification":"PUBLIC","visibleTo":["*"]}],
                 "rowRules":[{"roles":["*"],"actions":["READ","CREATE"]}]} }
                """)).Ok();
            (await client.PostAsync("/api/iot/devices", $$"""{"deviceId":"{{Load.Device}}","device":{} }""")).Ok();
        }

        return token!;
    }

    private static Task Eventually(Func<bool> condition, string otherwise) => Eventually(() => Task.FromResult(condition()), otherwise);

    private static async Task Eventually(Func<Task<bool>> condition, string otherwise)
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!await condition())
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, otherwise);
            await Task.Delay(100);
        }
    }

    /// <summary>One that was signed by nobody, and one whose session is over.</summary>
    private async Task<string[]> DeadTokensAsync(string good)
    {
        var revoked = await mesh.LoginAsync("member");
        using var client = mesh.Client(revoked);
        (await client.PostAsync("/api/auth/logout", "{}")).Ok();
        foreach (var path in new[] { "/api/data/datasets", "/api/ai/usage", "/api/iot/devices", "/api/auth/verify" })
        {
            while ((await client.FetchAsync(path)).Status == HttpStatusCode.OK)
                await Task.Delay(100);
        }

        var signature = good.LastIndexOf('.') + 1;
        return [revoked, good[..signature] + (good[signature] == 'A' ? 'B' : 'A') + good[(signature + 1)..]];
    }

    private async Task NothingIsLostAsync(string token, Load load)
    {
        using var client = mesh.Client(token);
        var items = await MainJobTests.AllItemsAsync(client, Load.Dataset, "");
        var numbers = items.Select(static item => item["fields"]!["number"]!.GetValue<double>()).Select(static number => (long)number).ToHashSet();
        Assert.Empty(load.Written.Except(numbers));

        var readings = new HashSet<long>();
        var page = "";
        do
        {
            var answer = (await client.FetchAsync($"/api/iot/devices/{Load.Device}/readings?pageSize=10000&pageToken={Uri.EscapeDataString(page)}")).Ok();
            readings.UnionWith(answer.Array("readings").Select(static reading => long.Parse(reading!["value"]!.ToString(), CultureInfo.InvariantCulture)));
            page = answer.Text("nextPageToken");
        }
        while (page.Length > 0);
        Assert.Empty(load.Ingested.Except(readings));
        Assert.NotEmpty(load.Written);
        Assert.NotEmpty(load.Ingested);
    }
}
