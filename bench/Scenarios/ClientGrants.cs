using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>Access tokens for client credentials: secret checked, permissions read, token signed, audit record chained and committed.</summary>
internal sealed class ClientGrants : IScenario
{
    private static readonly string[] Roles = ["viewer"];

    public string Name => "client-grants";

    public string Description => "client-credential grants of AuthService, per core of the machine, against one signature and one committed row";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        await using var floor = await DurableSignature.CreateAsync(mesh);
        using var client = mesh.PeerClient();
        var address = mesh.App.GetEndpoint("auth", "http");
        client.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");
        using var created = await client.PostAsJsonAsync(new Uri(address, "/api/auth/clients"), new { displayName = "Bench", roles = Roles });
        created.EnsureSuccessStatusCode();
        var answer = (await created.Content.ReadFromJsonAsync<JsonObject>())!;
        client.DefaultRequestHeaders.Authorization = null;

        var endpoint = new Uri(address, "/api/auth/token");
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = answer["client"]!["id"]!.GetValue<string>(),
            ["client_secret"] = answer["secret"]!.GetValue<string>(),
        };
        return PerCore.Of(await Comparison.RunAsync(
            async () =>
            {
                using var content = new FormUrlEncodedContent(form);
                using var granted = await client.PostAsync(endpoint, content);
                granted.EnsureSuccessStatusCode();
            },
            floor.RunAsync,
            warmUp: 2000), 0.1);
    }
}
