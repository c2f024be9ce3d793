using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Privacy;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Privacy;

/// <summary>Everything that the mesh keeps about people, service by service.</summary>
internal sealed class MeshPersonalData(
    AuthPersonalData own, IServiceProvider provider, ServiceTokens tokens, IOptions<PrivacyOptions> options, TimeProvider time)
{
    /// <summary>All services, this one last.</summary>
    public IReadOnlyList<string> Services { get; } = [.. options.Value.ServiceNames, PersonalDataExtensions.Authority];

    public IPersonalData Of(string service) => service == PersonalDataExtensions.Authority
        ? own
        : new RemotePersonalData(ClientOf(service), tokens, options.Value.CallTimeout, time);

    // Without other services there is no factory of clients either.
    private PersonalData.PersonalDataClient ClientOf(string service) =>
        provider.GetRequiredService<GrpcClientFactory>().CreateClient<PersonalData.PersonalDataClient>(ClientName(service));

    public static string ClientName(string service) => $"personal data of {service}";
}
