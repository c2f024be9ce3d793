using AiMesh.Auth.V1;
using AiMesh.Bench.Servers;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace AiMesh.Bench.Scenarios;

/// <summary>A unary call with everything that the mesh's defaults add: verified token, permission, error mapping, telemetry.</summary>
internal sealed class UnaryCall : IScenario
{
    public string Name => "grpc-unary";

    public string Description => "gRPC unary through the mesh's defaults against bare grpc-dotnet";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var mesh = await ServerProcess.StartAsync("grpc-mesh", authority.Address.ToString());
        await using var bare = await ServerProcess.StartAsync("grpc-bare");
        var headers = new Metadata { { "Authorization", $"Bearer {authority.Token(lifetime: TimeSpan.FromHours(1))}" } };

        using var meshChannel = GrpcChannel.ForAddress(mesh.Address);
        using var bareChannel = GrpcChannel.ForAddress(bare.Address);
        return ScenarioResult.OfRates(await Comparison.RunAsync(Call(meshChannel), Call(bareChannel)), 0.9);

        // The same call with the same headers on both sides: what it costs to send a token is not the server's doing.
        Func<Task> Call(GrpcChannel channel)
        {
            var client = new Organisations.OrganisationsClient(channel);
            return async () =>
            {
                if ((await client.GetOrganisationAsync(new GetOrganisationRequest(), headers)).Id != "demo")
                    throw new InvalidOperationException("Wrong answer.");
            };
        }
    }
}
