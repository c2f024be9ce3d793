using AiMesh.Auth.V1;
using AiMesh.Bench.Servers;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace AiMesh.Bench.Scenarios;

/// <summary>The same unary call to the same service, over mutual TLS and over plain HTTP/2: what the encryption of a standing connection costs.</summary>
internal sealed class MutualTls : IScenario
{
    public string Name => "mutual-tls";

    public string Description => "gRPC unary between services over mutual TLS against the same without TLS";

    public async Task<ScenarioResult> RunAsync()
    {
        using var certificates = new TestMeshCertificates();
        using var auth = certificates.Issue("auth");
        using var gateway = certificates.Issue("gateway");
        await using var authority = await TestAuthority.StartAsync(auth);
        await using var plainAuthority = await TestAuthority.StartAsync();
        await using var mutual = await ServerProcess.StartAsync(
            "grpc-mutual", [.. authority.Settings.Concat(certificates.Install("data")).Select(static setting => $"{setting.Key}={setting.Value}")]);
        await using var plain = await ServerProcess.StartAsync("grpc-mesh", plainAuthority.Address.ToString());

        using var mutualChannel = GrpcChannel.ForAddress(
            new UriBuilder(mutual.Address) { Scheme = "https" }.Uri, new GrpcChannelOptions { HttpClient = TestMeshCertificates.Caller(gateway), DisposeHttpClient = true });
        using var plainChannel = GrpcChannel.ForAddress(plain.Address);
        return ScenarioResult.OfRates(await Comparison.RunAsync(Call(mutualChannel, authority), Call(plainChannel, plainAuthority)), 0.8);

        static Func<Task> Call(GrpcChannel channel, TestAuthority authority)
        {
            var client = new Organisations.OrganisationsClient(channel);
            var headers = new Metadata { { "Authorization", $"Bearer {authority.Token(lifetime: TimeSpan.FromHours(1))}" } };
            return async () =>
            {
                if ((await client.GetOrganisationAsync(new GetOrganisationRequest(), headers)).Id != "demo")
                    throw new InvalidOperationException("Wrong answer.");
            };
        }
    }
}
