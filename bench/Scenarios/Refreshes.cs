using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>Refresh tokens exchanged, each for the next of its session: looked up, locked, spent, succeeded, access token signed.</summary>
internal sealed class Refreshes : IScenario
{
    private const int Sessions = 32;

    public string Name => "refreshes";

    public string Description => "refreshes of AuthService, per core of the machine, against one signature and one committed row";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        await using var floor = await DurableSignature.CreateAsync(mesh);
        using var client = mesh.PeerClient();
        var address = new Uri(mesh.App.GetEndpoint("auth", "http"), "/api/auth/refresh");

        // More sessions than callers, so that none waits for another's.
        var tokens = new ConcurrentQueue<string>();
        for (var i = 0; i < Sessions; i++) tokens.Enqueue(await mesh.RefreshTokenAsync("member"));
        return PerCore.Of(await Comparison.RunAsync(
            async () =>
            {
                if (!tokens.TryDequeue(out var token)) throw new InvalidOperationException("More callers than sessions.");
                using var answer = await client.PostAsJsonAsync(address, new { refreshToken = token });
                answer.EnsureSuccessStatusCode();
                tokens.Enqueue((await answer.Content.ReadFromJsonAsync<JsonObject>())!["refreshToken"]!.GetValue<string>());
            },
            floor.RunAsync,
            warmUp: 2000), 0.1);
    }
}
