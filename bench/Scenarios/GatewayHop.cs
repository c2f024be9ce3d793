using System.Net.Http.Headers;
using AiMesh.Bench.Servers;
using AiMesh.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>A request through the gateway (authentication, limits, header filter, problem details) against YARP that only forwards.</summary>
internal sealed class GatewayHop : IScenario
{
    public string Name => "gateway-hop";

    public string Description => "1 KiB answer through the gateway against bare YARP";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var backend = await ServerProcess.StartAsync("backend");
        await using var gateway = await ServerProcess.StartAsync("gateway", backend.Address.ToString(), authority.Address.ToString());
        await using var yarp = await ServerProcess.StartAsync("yarp-bare", backend.Address.ToString());

        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", authority.Token(lifetime: TimeSpan.FromHours(1)));
        // More of a warm-up than elsewhere: the gateway has more code to compile than its peer, and both are to be measured when that is over.
        return ScenarioResult.OfRates(await Comparison.RunAsync(Get(gateway), Get(yarp), warmUp: 60_000), 0.8);

        Func<Task> Get(ServerProcess server)
        {
            var address = new Uri(server.Address, "/api/data/datasets");
            return async () =>
            {
                if ((await client.GetByteArrayAsync(address)).Length != 1024)
                    throw new InvalidOperationException("Wrong answer.");
            };
        }
    }
}
