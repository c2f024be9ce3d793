using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// What keeping answers is worth: a page that the gateway keeps and DataService confirms, for this caller and with all its checks, against the page read from
/// DataService by somebody who needs no gateway. So the hit pays for a hop, for signing in twice and for limits, and saves rows and JSON.
/// </summary>
internal sealed partial class CacheHit : IScenario
{
    private const string Page = "/api/data/datasets/movies/items?pageSize=50";

    public string Name => "cache-hit";

    public string Description => "50-row page kept by the gateway and confirmed by DataService against the page read from DataService itself";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        using var data = mesh.PeerClient();
        using var gateway = mesh.App.CreateHttpClient("gateway", "http");
        data.DefaultRequestHeaders.Authorization = gateway.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");
        var kept = Get(gateway, new Uri(gateway.BaseAddress!, Page));
        var comparison = await Comparison.RunAsync(kept, Get(data, new Uri(mesh.App.GetEndpoint("data", "http"), Page)));

        // Otherwise it would be another comparison.
        var (hits, others) = await OutcomesAsync(new Uri(mesh.App.GetEndpoint("gateway", "probe"), "/metrics"));
        return hits > 100 * others ? ScenarioResult.OfRates(comparison, 1.0) : throw new InvalidOperationException($"{hits} hits, but {others} others.");
    }

    private static Func<Task> Get(HttpClient client, Uri address) => async () =>
    {
        using var page = JsonDocument.Parse(await client.GetByteArrayAsync(address));
        if (page.RootElement.GetProperty("items").GetArrayLength() != 50)
            throw new InvalidOperationException("Wrong answer.");
    };

    private static async Task<(double Hits, double Others)> OutcomesAsync(Uri metrics)
    {
        using var client = new HttpClient();
        var counts = Outcomes().Matches(await client.GetStringAsync(metrics))
            .Select(static match => (IsHit: match.Groups[1].Value == "hit", Count: double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))).ToArray();
        return (counts.Where(static count => count.IsHit).Sum(static count => count.Count), counts.Where(static count => !count.IsHit).Sum(static count => count.Count));
    }

    [GeneratedRegex("""^aimesh_gateway_cache_requests_total\{[^}]*outcome="(\w+)"[^}]*\} (\S+)""", RegexOptions.Multiline)]
    private static partial Regex Outcomes();
}
