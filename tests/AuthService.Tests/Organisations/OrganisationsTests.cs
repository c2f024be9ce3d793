using AiMesh.Auth.V1;
using AiMesh.AuthService.Organisations;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Organisations;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class OrganisationsTests(AuthFixture fixture)
{
    private Auth.V1.Organisations.OrganisationsClient Organisations => fixture.Service.Organisations;

    [Fact]
    public async Task UpdateOrganisation_OfItsName_ChangesTheOwnOneOnly()
    {
        var administrator = await fixture.RegisterAsync();
        var stranger = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");

        var updated = await Organisations.UpdateOrganisationAsync(
            new UpdateOrganisationRequest { Organisation = new Organisation { DisplayName = "Novum", Tier = AiMesh.Common.V1.Tier.Enterprise } }, administrator.Headers);

        Assert.Equal("Novum", updated.DisplayName);
        Assert.Equal(AiMesh.Common.V1.Tier.Free, updated.Tier);
        Assert.Equal(updated, await Organisations.GetOrganisationAsync(new GetOrganisationRequest(), member.Headers));
        Assert.NotEqual("Novum", (await Organisations.GetOrganisationAsync(new GetOrganisationRequest(), stranger.Headers)).DisplayName);
    }

    [Fact]
    public async Task UpdateOrganisation_WithMistakes_NamesThem()
    {
        var administrator = await fixture.RegisterAsync();
        Assert.Equal(["organisation"], (await RefusedAsync(new UpdateOrganisationRequest())).Fields);
        Assert.Equal(["organisation.display_name"], (await RefusedAsync(new() { Organisation = new Organisation { DisplayName = new string('x', 101) } })).Fields);
        Assert.Equal(["organisation.display_name"], (await RefusedAsync(Masked("display_name"))).Fields);
        Assert.Equal(["update_mask"], (await RefusedAsync(Masked("tier"))).Fields);

        Task<RefusedCall> RefusedAsync(UpdateOrganisationRequest request) =>
            Refusal.OfAsync(Organisations.UpdateOrganisationAsync(request, administrator.Headers), StatusCode.InvalidArgument);

        static UpdateOrganisationRequest Masked(string path) => new() { Organisation = new Organisation(), UpdateMask = new FieldMask { Paths = { path } } };
    }

    [Fact]
    public async Task Organisations_ForWhoMayNot_AreDenied()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        var request = new UpdateOrganisationRequest { Organisation = new Organisation { DisplayName = "Mine" } };
        await Refusal.OfAsync(Organisations.UpdateOrganisationAsync(request, member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Organisations.GetOrganisationAsync(new GetOrganisationRequest()), StatusCode.Unauthenticated);
    }

    [Theory]
    [InlineData("ACME GmbH", "^acme-gmbh-[a-z2-9]{8}$")]
    [InlineData("  --  ", "^[a-z2-9]{8}$")]
    [InlineData("Ünïcode 会社", "^n-code-[a-z2-9]{8}$")]
    [InlineData("a very long name of an organisation that goes on and on", "^[a-z-]{40,41}[a-z2-9]{8}$")]
    public void NewId_ForAnyName_IsReadableAndValid(string name, string pattern) => Assert.Matches(pattern, OrganisationId.NewFor(name));
}
