using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Roles;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RolesTests(AuthFixture fixture)
{
    private Auth.V1.Roles.RolesClient Roles => fixture.Service.Roles;

    [Fact]
    public async Task CreateRole_WithEverything_CanBeReadAgain()
    {
        var administrator = await fixture.RegisterAsync();
        var role = new Role { Name = "analyst-2", Description = " Looks at numbers. ", Permissions = { "data:read:*", "ai:ask", "ai:ask" } };

        var created = await Roles.CreateRoleAsync(new CreateRoleRequest { Role = role }, administrator.Headers);

        Assert.Equal("Looks at numbers.", created.Description);
        Assert.Equal(["ai:ask", "data:read:*"], created.Permissions);
        Assert.False(created.BuiltIn);
        Assert.Equal(created, await Roles.GetRoleAsync(new GetRoleRequest { Role = "analyst-2" }, administrator.Headers));
        Assert.Equal(
            ["admin", "analyst-2", "member", "viewer"],
            (await Roles.ListRolesAsync(new ListRolesRequest(), administrator.Headers)).Roles.Select(static listed => listed.Name));
        await Refusal.OfAsync(Roles.CreateRoleAsync(new CreateRoleRequest { Role = role }, administrator.Headers), StatusCode.AlreadyExists);
    }

    [Fact]
    public async Task CreateRole_WithMistakes_NamesAllFields()
    {
        var administrator = await fixture.RegisterAsync();
        var role = new Role { Name = "Analyst", Description = new string('x', 501), Permissions = { "data:read", "data::read", "Data:read", "da*a", "", "data read" } };

        var refused = await Refusal.OfAsync(Roles.CreateRoleAsync(new CreateRoleRequest { Role = role }, administrator.Headers), StatusCode.InvalidArgument);

        Assert.Equal(
            ["role.name", "role.description", .. Enumerable.Range(1, 5).Select(static i => $"role.permissions[{i}]")],
            refused.Fields);
    }

    [Fact]
    public async Task CreateRole_BeyondTheLimit_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        for (var i = 3; i < 200; i++) await Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = $"role{i}" } }, administrator.Headers);
        var refused = await Refusal.OfAsync(
            Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "one-too-many" } }, administrator.Headers), StatusCode.FailedPrecondition);
        Assert.Equal("TOO_MANY_ROLES", refused.Reason);
    }

    [Fact]
    public async Task UpdateRole_OfPermissions_ReachesItsHoldersAtOnce()
    {
        var administrator = await fixture.RegisterAsync();
        var viewer = await fixture.AddAsync(administrator, "viewer");
        var member = await fixture.AddAsync(administrator, "member");

        await UpdateAsync(administrator, new Role { Name = "viewer", Permissions = { "data:list", "auth:roles:read" } });

        await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), viewer.Headers), StatusCode.Unauthenticated);
        await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), member.Headers);
        var refreshed = await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = viewer.Tokens.RefreshToken });
        var listed = await Roles.ListRolesAsync(new ListRolesRequest(), AuthServiceHost.With(refreshed.AccessToken));
        Assert.Equal(["auth:roles:read", "data:list"], listed.Roles.Single(static role => role.Name == "viewer").Permissions);
    }

    [Fact]
    public async Task UpdateRole_OfDescription_LeavesTokensAlone()
    {
        var administrator = await fixture.RegisterAsync();
        var viewer = await fixture.AddAsync(administrator, "viewer");

        var updated = await UpdateAsync(administrator, new Role { Name = "viewer", Description = "Reads." });

        Assert.Equal("Reads.", updated.Description);
        Assert.Contains("data:read:*", updated.Permissions);
        await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), viewer.Headers);
    }

    [Fact]
    public async Task UpdateRole_WithMaskAndNothingSet_ClearsTheField()
    {
        var administrator = await fixture.RegisterAsync();
        Assert.Empty((await UpdateAsync(administrator, new Role { Name = "viewer" }, "permissions")).Permissions);
    }

    [Fact]
    public async Task UpdateRole_OfAdmin_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        var refused = await Refusal.OfAsync(
            Roles.UpdateRoleAsync(new UpdateRoleRequest { Role = new Role { Name = "admin", Permissions = { "ai:ask" } } }, administrator.Headers),
            StatusCode.FailedPrecondition);
        Assert.Equal("ROLE_BUILT_IN", refused.Reason);
    }

    [Fact]
    public async Task UpdateRole_WithBadRequest_SaysWhatIsWrong()
    {
        var administrator = await fixture.RegisterAsync();
        Assert.Equal(["role.name"], (await RefusedAsync(new Role(), StatusCode.InvalidArgument)).Fields);
        Assert.Equal(["update_mask"], (await RefusedAsync(new Role { Name = "viewer" }, StatusCode.InvalidArgument, "name")).Fields);
        Assert.Equal(["role.permissions[0]"], (await RefusedAsync(new Role { Name = "viewer", Permissions = { ":" } }, StatusCode.InvalidArgument)).Fields);
        await RefusedAsync(new Role { Name = "astronaut", Description = "x" }, StatusCode.NotFound);
        await RefusedAsync(new Role { Name = "\0", Description = "x" }, StatusCode.NotFound);

        Task<RefusedCall> RefusedAsync(Role role, StatusCode code, params string[] mask) => Refusal.OfAsync(Roles.UpdateRoleAsync(Request(role, mask), administrator.Headers), code);
    }

    [Fact]
    public async Task DeleteRole_HeldOrBuiltInOrUnknown_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        await Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "analyst" } }, administrator.Headers);
        var person = await fixture.AddAsync(administrator, "analyst");

        Assert.Equal("ROLE_IN_USE", (await RefusedAsync("analyst", StatusCode.FailedPrecondition)).Reason);
        Assert.Equal("ROLE_BUILT_IN", (await RefusedAsync("viewer", StatusCode.FailedPrecondition)).Reason);
        await RefusedAsync("astronaut", StatusCode.NotFound);
        Assert.Equal(["role"], (await RefusedAsync("", StatusCode.InvalidArgument)).Fields);

        await fixture.Service.Users.UpdateUserAsync(
            new UpdateUserRequest { User = new User { Id = person.Id }, UpdateMask = new FieldMask { Paths = { "roles" } } }, administrator.Headers);
        await Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "analyst" }, administrator.Headers);
        await Refusal.OfAsync(Roles.GetRoleAsync(new GetRoleRequest { Role = "analyst" }, administrator.Headers), StatusCode.NotFound);

        Task<RefusedCall> RefusedAsync(string role, StatusCode code) => Refusal.OfAsync(Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = role }, administrator.Headers), code);
    }

    [Fact]
    public async Task Roles_OfAnotherOrganisation_AreNotFound()
    {
        var administrator = await fixture.RegisterAsync();
        await Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "ours" } }, administrator.Headers);
        var stranger = await fixture.RegisterAsync();

        await Refusal.OfAsync(Roles.GetRoleAsync(new GetRoleRequest { Role = "ours" }, stranger.Headers), StatusCode.NotFound);
        await Refusal.OfAsync(Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "ours" }, stranger.Headers), StatusCode.NotFound);
        await Refusal.OfAsync(Roles.UpdateRoleAsync(Request(new Role { Name = "ours", Description = "x" }, []), stranger.Headers), StatusCode.NotFound);

        await UpdateAsync(stranger, new Role { Name = "viewer", Permissions = { "data:list" } });
        Assert.Contains("data:read:*", (await Roles.GetRoleAsync(new GetRoleRequest { Role = "viewer" }, administrator.Headers)).Permissions);
    }

    [Fact]
    public async Task Roles_ByWhoMayEditThem_GrantNoMoreThanTheEditorHas()
    {
        var administrator = await fixture.RegisterAsync();
        await Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "editor", Permissions = { "auth:roles:*", "data:*" } } }, administrator.Headers);
        var editor = await fixture.AddAsync(administrator, "editor");

        foreach (var pattern in (string[])["*", "auth:*", "auth:users:write", "*:read", "ai:ask"])
        {
            var refused = await Refusal.OfAsync(
                Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "mine", Permissions = { pattern } } }, editor.Headers), StatusCode.PermissionDenied);
            Assert.Equal(pattern, refused.Info!.Metadata["permission"]);
            await Refusal.OfAsync(Roles.UpdateRoleAsync(Request(new Role { Name = "editor", Permissions = { pattern } }, []), editor.Headers), StatusCode.PermissionDenied);
        }

        await Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "mine", Permissions = { "data:read:*", "auth:roles:read" } } }, editor.Headers);
    }

    [Fact]
    public async Task Roles_ForWhoMayNot_AreDenied()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        await Refusal.OfAsync(Roles.ListRolesAsync(new ListRolesRequest(), member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Roles.GetRoleAsync(new GetRoleRequest { Role = "viewer" }, member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "x" } }, member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Roles.UpdateRoleAsync(Request(new Role { Name = "viewer" }, []), member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "x" }, member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Roles.ListRolesAsync(new ListRolesRequest()), StatusCode.Unauthenticated);
    }

    private async Task<Role> UpdateAsync(Person caller, Role role, params string[] mask) => await Roles.UpdateRoleAsync(Request(role, mask), caller.Headers);

    private static UpdateRoleRequest Request(Role role, string[] mask) =>
        new() { Role = role, UpdateMask = mask.Length == 0 ? null : new FieldMask { Paths = { mask } } };
}
