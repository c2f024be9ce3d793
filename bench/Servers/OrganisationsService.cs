using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.Bench.Servers;

/// <summary>A service of the contract that does no work, so that only the way there is measured.</summary>
internal sealed class OrganisationsService : Organisations.OrganisationsBase
{
    private static readonly Organisation Demo = new() { Id = "demo", DisplayName = "Demo" };

    public override Task<Organisation> GetOrganisation(GetOrganisationRequest request, ServerCallContext context) => Task.FromResult(Demo);

    public override Task<Organisation> UpdateOrganisation(UpdateOrganisationRequest request, ServerCallContext context) => Task.FromResult(Demo);
}
