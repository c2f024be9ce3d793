using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Audit;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Audit;

[Trait("Level", "Server")]
public sealed class AuditActsTests(AuditFixture fixture) : IClassFixture<AuditFixture>
{
    [Fact]
    public async Task Acts_OfEveryKind_LeaveOneRecordEach()
    {
        var (organisation, administrator) = await fixture.NewChainAsync();
        var service = fixture.Service;
        var email = AuthFixture.NewEmail();
        await service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "analyst" } }, administrator.Headers);
        await service.Roles.UpdateRoleAsync(new UpdateRoleRequest { Role = new Role { Name = "analyst", Permissions = { "ai:ask" } } }, administrator.Headers);
        await service.Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "analyst" }, administrator.Headers);
        var user = await service.Users.CreateUserAsync(new CreateUserRequest { User = new User { Email = email }, Password = AuthFixture.Password }, administrator.Headers);
        await service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = user.Id, DisplayName = "Ann" } }, administrator.Headers);
        await service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = user.Id, DisplayName = "Ann" } }, administrator.Headers);
        await service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = user.Id, Disabled = true } }, administrator.Headers);
        await Refusal.OfAsync(service.Sessions.LoginAsync(new LoginRequest { Email = email, Password = "wrong" }), StatusCode.Unauthenticated);
        await Refusal.OfAsync(service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "viewer" } }, administrator.Headers), StatusCode.AlreadyExists);
        await service.Sessions.LogoutAsync(new LogoutRequest(), administrator.Headers);

        var actions = await fixture.AskAsync<string>("select action from audit_events where organisation = @organisation order by sequence", new { organisation });
        Assert.Equal(
            [
                "organisation.register", "session.login", .. Enumerable.Repeat("organisation.update", 4), "role.create", "role.update", "role.delete",
                "user.create", "user.update", "user.disable", "session.login_failed", "session.logout",
            ],
            actions);
        Assert.Equal(14, AuditCheckpoint.Parse(await fixture.VerifyAsync(organisation))!.Sequence);
    }

    [Fact]
    public async Task Acts_InParallel_MakeOneChainWithoutGaps()
    {
        var (organisation, person) = await fixture.NewChainAsync();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => fixture.RenameAsync(person, $"Parallel {i}")));

        Assert.Equal(206, AuditCheckpoint.Parse(await fixture.VerifyAsync(organisation))!.Sequence);
        var updates = await fixture.AskAsync<int>(
            "select count(*)::int from audit_events where organisation = @organisation and action = 'organisation.update' and sequence > 6", new { organisation });
        Assert.Equal(200, updates.Single());
    }

    [Fact]
    public async Task Acts_OfNobodyKnown_HaveAChainOfTheirOwn()
    {
        await Refusal.OfAsync(fixture.Service.Sessions.LoginAsync(new LoginRequest { Email = AuthFixture.NewEmail(), Password = "wrong" }), StatusCode.Unauthenticated);
        Assert.StartsWith("- ", await fixture.VerifyAsync("- "), StringComparison.Ordinal);
    }
}
