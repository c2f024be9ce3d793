using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace AiMesh.Mesh.Tests.Recovery;

/// <summary>O1: a service that dies is started again, and nothing that was acknowledged is lost.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class RecoveryTests(MeshFixture mesh)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string> ServicesAndWhatTheyServe => new()
    {
        { "auth", "/api/auth/verify" },
        { "data", "/api/data/datasets" },
        { "ai", "/api/ai/usage" },
        { "iot", "/api/iot/devices" },
    };

    [Theory]
    [MemberData(nameof(ServicesAndWhatTheyServe))]
    public async Task Kill_OfAService_IsAShortOutageWithoutLoss(string service, string path)
    {
        using var client = await mesh.ClientAsync("admin");
        var item = await StoreItemAsync(client);
        var reading = await StoreReadingAsync(client);
        var process = await mesh.ProcessIdOfAsync(service);

        using (var running = Process.GetProcessById(process))
            running.Kill();
        var meanwhile = await CallUntilServedAsync(client, path);

        Assert.NotEqual(process, await mesh.ProcessIdOfAsync(service));
        Assert.All(meanwhile, answer => Assert.Equal("application/problem+json", answer.MediaType));
        Assert.All(meanwhile, answer => Assert.Contains(answer.Status, new[] { HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable }));
        Assert.All(meanwhile, answer => Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal));
        await HealthyAsync(client);
        Assert.Equal(HttpStatusCode.OK, (await client.FetchAsync($"/api/data/{item}")).Status);
        await client.CallAsync(HttpMethod.Delete, $"/api/data/{item}", null); // Other tests count the rows of this dataset.
        Assert.Contains(reading, (await client.FetchAsync("/api/iot/devices/recovery-pump/readings")).Ok().ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_OfTheGateway_BringsItBackAtTheSameAddress()
    {
        var process = await mesh.ProcessIdOfAsync("gateway");

        using (var running = Process.GetProcessById(process))
            running.Kill();
        using var client = new HttpClient { BaseAddress = mesh.GatewayAddress };
        await HealthyAsync(client);

        Assert.NotEqual(process, await mesh.ProcessIdOfAsync("gateway"));
        await mesh.LoginAsync("viewer@demo.aimesh", MeshFixture.DemoPassword);
    }

    private static async Task<string> StoreItemAsync(HttpClient client) =>
        (await client.PostAsync("/api/data/datasets/surveys/items", """{"fields":{"organisation_name":"Kept","fund_name":"Through a kill","submission_status":"completed"}}""")).Ok().Text("name");

    /// <summary>Sends a reading that is told from all others by its value, and returns the value.</summary>
    private static async Task<string> StoreReadingAsync(HttpClient client)
    {
        await client.PostAsync("/api/iot/devices", """{"deviceId":"recovery-pump","device":{"displayName":"Recovery pump"}}""");
        var value = Random.Shared.Next(1_000_000, 9_000_000).ToString(CultureInfo.InvariantCulture);
        var answer = (await client.PostAsync("/api/iot/ingest", $$"""{"deviceId":"recovery-pump","readings":[{"metric":"count","value":{{value}}}]}""")).Ok();
        Assert.Empty(answer.Array("rejected"));
        return value;
    }

    /// <summary>Calls again and again until it is answered well after a failure, and returns the failures.</summary>
    private static async Task<List<Answer>> CallUntilServedAsync(HttpClient client, string path)
    {
        var failures = new List<Answer>();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await client.FetchAsync(path);
            if (answer.Status != HttpStatusCode.OK)
                failures.Add(answer);
            else if (failures.Count > 0)
                return failures;

            Assert.True(Stopwatch.GetElapsedTime(started) < Bound, $"{path} still answers {(int)answer.Status} after {Bound.TotalSeconds:0} s: {answer.Text}");
            await Task.Delay(100);
        }
    }

    private static async Task HealthyAsync(HttpClient client)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await IsHealthyAsync(client))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Bound, $"The mesh is not healthy again after {Bound.TotalSeconds:0} s.");
            await Task.Delay(100);
        }
    }

    private static async Task<bool> IsHealthyAsync(HttpClient client)
    {
        try
        {
            return (await client.FetchAsync("/health")).Status == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // The gateway itself is away.
        }
    }
}
