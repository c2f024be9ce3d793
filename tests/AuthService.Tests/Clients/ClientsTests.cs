using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Clients;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class ClientsTests(AuthFixture fixture)
{
    private Auth.V1.Clients.ClientsClient Clients => fixture.Service.Clients;

    [Fact]
    public async Task CreateClient_ByAnAdministrator_ShowsTheSecretOnceAndKeepsItsHash()
    {
        var administrator = await fixture.RegisterAsync();

        var created = await Create(administrator, new Client { DisplayName = " Importer ", Roles = { "member" }, Scopes = { "data:*" } });

        Assert.Matches("^amc_[0-9a-f]{32}$", created.Client.Id);
        Assert.Matches("^amcs_[A-Za-z0-9_-]{43}$", created.Secret);
        Assert.Equal("Importer", created.Client.DisplayName);
        Assert.Equal(created.Client, Assert.Single((await Clients.ListClientsAsync(new ListClientsRequest(), administrator.Headers)).Clients));
        var row = await fixture.AskAsync<string>("select to_jsonb(c)::text from clients c where id = @Id", new { created.Client.Id });
        Assert.DoesNotContain(created.Secret[5..], row, StringComparison.Ordinal);
        Assert.Equal(1, await fixture.AskAsync<int>("select count(*)::int from audit_events where action = 'client.create' and target = @Id", new { created.Client.Id }));
    }

    [Fact]
    public async Task CreateClient_WithMistakes_NamesAllFields()
    {
        var administrator = await fixture.RegisterAsync();
        Assert.Equal(
            ["client.display_name", "client.roles", "client.scopes[0]"],
            (await Refusal.OfAsync(Create(administrator, new Client { Scopes = { "A:" } }), StatusCode.InvalidArgument)).Fields);
        await Refusal.OfAsync(Create(administrator, new Client { DisplayName = "x", Roles = { "astronaut" } }), StatusCode.NotFound);
    }

    [Fact]
    public async Task CreateClient_WithARoleBeyondTheCaller_IsDenied()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.Service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "operator", Permissions = { "auth:clients:*", "data:*" } } }, administrator.Headers);
        var person = await fixture.AddAsync(administrator, "operator");
        await Refusal.OfAsync(Create(person, new Client { DisplayName = "x", Roles = { "admin" } }), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Create(person, new Client { DisplayName = "x", Roles = { "viewer" } }), StatusCode.PermissionDenied);
        await Create(person, new Client { DisplayName = "x", Roles = { "operator" } });
    }

    [Fact]
    public async Task Clients_ForWhoMayNotOrOfOthers_AreOutOfReach()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        var stranger = await fixture.RegisterAsync();
        var client = await Create(administrator, new Client { DisplayName = "x", Roles = { "viewer" } });

        await Refusal.OfAsync(Create(member, new Client { DisplayName = "x", Roles = { "viewer" } }), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Clients.ListClientsAsync(new ListClientsRequest(), member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Revoke(member, client.Client.Id), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Revoke(stranger, client.Client.Id), StatusCode.NotFound);
        await Refusal.OfAsync(Revoke(stranger, "\0"), StatusCode.NotFound);
        Assert.Empty((await Clients.ListClientsAsync(new ListClientsRequest(), stranger.Headers)).Clients);
    }

    [Fact]
    public async Task RevokeClient_Twice_IsOneAct()
    {
        var administrator = await fixture.RegisterAsync();
        var client = await Create(administrator, new Client { DisplayName = "x", Roles = { "viewer" } });

        Assert.True((await Revoke(administrator, client.Client.Id)).Revoked);
        Assert.True((await Revoke(administrator, client.Client.Id)).Revoked);

        Assert.Equal(1, await fixture.AskAsync<int>("select count(*)::int from audit_events where action = 'client.revoke' and target = @Id", new { client.Client.Id }));
    }

    [Fact]
    public async Task DeleteRole_HeldByAClient_IsRefusedUntilItIsRevoked()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.Service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "importer" } }, administrator.Headers);
        var client = await Create(administrator, new Client { DisplayName = "x", Roles = { "importer" } });

        var refused = await Refusal.OfAsync(fixture.Service.Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "importer" }, administrator.Headers), StatusCode.FailedPrecondition);
        Assert.Equal("ROLE_IN_USE", refused.Reason);
        await Revoke(administrator, client.Client.Id);
        await fixture.Service.Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "importer" }, administrator.Headers);
    }

    private AsyncUnaryCall<CreateClientResponse> Create(Person caller, Client client) => Clients.CreateClientAsync(new CreateClientRequest { Client = client }, caller.Headers);

    private AsyncUnaryCall<Client> Revoke(Person caller, string id) => Clients.RevokeClientAsync(new RevokeClientRequest { Client = id }, caller.Headers);
}
