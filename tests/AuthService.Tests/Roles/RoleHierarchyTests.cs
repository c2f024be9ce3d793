using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Roles;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RoleHierarchyTests(AuthFixture fixture)
{
    private Auth.V1.Roles.RolesClient Roles => fixture.Service.Roles;

    [Fact]
    public async Task Role_ThatIncludesOthers_GrantsTheirsAsWell()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "lead", Permissions = { "x:lead" }, Includes = { "viewer" } });
        var created = await CreateAsync(administrator, new Role { Name = "head", Permissions = { "x:head" }, Includes = { "lead", "lead" } });

        var head = await VerifyAsync(await fixture.AddAsync(administrator, "head"));

        Assert.Equal(["lead"], created.Includes);
        Assert.Equal(created, await Roles.GetRoleAsync(new GetRoleRequest { Role = "head" }, administrator.Headers));
        Assert.Equal(["head", "lead", "viewer"], head.Roles);
        Assert.Superset(new HashSet<string> { "x:head", "x:lead", "data:read:*" }, head.Permissions.ToHashSet());
    }

    [Fact]
    public async Task UpdateRole_ThatIsIncluded_ReachesWhoHoldsTheIncludingRole()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "base" });
        await CreateAsync(administrator, new Role { Name = "lead", Includes = { "base" } });
        await CreateAsync(administrator, new Role { Name = "head", Includes = { "lead" } });
        var person = await fixture.AddAsync(administrator, "head");
        var other = await fixture.AddAsync(administrator, "viewer");

        await Update(administrator, new Role { Name = "base", Permissions = { "x:new" } });

        await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers), StatusCode.Unauthenticated);
        Assert.Equal(["x:new"], (await RefreshAsync(person)).Permissions);
        await VerifyAsync(other);
    }

    [Fact]
    public async Task UpdateRole_OfItsIncludes_ReachesItsHolders()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "base", Permissions = { "x:base" } });
        await CreateAsync(administrator, new Role { Name = "lead", Includes = { "base" } });
        var person = await fixture.AddAsync(administrator, "lead");

        await Update(administrator, new Role { Name = "lead" }, "includes");

        await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers), StatusCode.Unauthenticated);
        Assert.Empty((await RefreshAsync(person)).Permissions);
    }

    [Fact]
    public async Task Role_ThatWouldIncludeItself_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "a" });
        await CreateAsync(administrator, new Role { Name = "b", Includes = { "a" } });
        await CreateAsync(administrator, new Role { Name = "c", Includes = { "b" } });

        foreach (var included in (string[])["a", "b", "c"])
            Assert.Equal("ROLE_CYCLE", (await Refusal.OfAsync(Update(administrator, new Role { Name = "a", Includes = { included } }), StatusCode.FailedPrecondition)).Reason);
        var self = new CreateRoleRequest { Role = new Role { Name = "d", Includes = { "d" } } };
        Assert.Equal("ROLE_CYCLE", (await Refusal.OfAsync(Roles.CreateRoleAsync(self, administrator.Headers), StatusCode.FailedPrecondition)).Reason);
    }

    [Fact]
    public async Task Roles_ThatIncludeEachOtherAtOnce_NeverBecomeACycle()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "a" });
        await CreateAsync(administrator, new Role { Name = "b" });

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => TryAsync(i % 2 == 0 ? ("a", "b") : ("b", "a"))));

        Assert.Contains(StatusCode.OK, outcomes);
        Assert.Contains(StatusCode.FailedPrecondition, outcomes);
        var roles = (await Roles.ListRolesAsync(new ListRolesRequest(), administrator.Headers)).Roles.ToDictionary(static role => role.Name);
        Assert.Equal(1, roles["a"].Includes.Count + roles["b"].Includes.Count);

        async Task<StatusCode> TryAsync((string Role, string Included) pair)
        {
            try
            {
                await Update(administrator, new Role { Name = pair.Role, Includes = { pair.Included } });
                return StatusCode.OK;
            }
            catch (RpcException exception)
            {
                return exception.StatusCode;
            }
        }
    }

    [Fact]
    public async Task Role_IncludingMoreThanItsEditorHas_IsDenied()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "secret", Permissions = { "x:secret" } });
        await CreateAsync(administrator, new Role { Name = "wrap", Includes = { "secret" } });
        await CreateAsync(administrator, new Role { Name = "editor", Permissions = { "auth:roles:*", "auth:users:*" } });
        var editor = await fixture.AddAsync(administrator, "editor");

        foreach (var included in (string[])["admin", "secret", "wrap"])
        {
            await Refusal.OfAsync(Update(editor, new Role { Name = "editor", Includes = { included } }), StatusCode.PermissionDenied);
            await Refusal.OfAsync(
                Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "mine", Includes = { included } } }, editor.Headers), StatusCode.PermissionDenied);
            await Refusal.OfAsync(
                fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = editor.Id, Roles = { "editor", included } } }, editor.Headers),
                StatusCode.PermissionDenied);
        }
    }

    [Fact]
    public async Task Role_WithBadIncludes_SaysWhatIsWrong()
    {
        var administrator = await fixture.RegisterAsync();
        Assert.Equal(["role.includes"], (await Refusal.OfAsync(Update(administrator, new Role { Name = "viewer", Includes = { "No" } }), StatusCode.InvalidArgument)).Fields);
        await Refusal.OfAsync(Update(administrator, new Role { Name = "viewer", Includes = { "astronaut" } }), StatusCode.NotFound);
    }

    [Fact]
    public async Task DeleteRole_ThatIsIncluded_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "base" });
        await CreateAsync(administrator, new Role { Name = "lead", Includes = { "base" } });

        Assert.Equal("ROLE_IN_USE", (await Refusal.OfAsync(Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "base" }, administrator.Headers), StatusCode.FailedPrecondition)).Reason);
        await Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "lead" }, administrator.Headers);
        await Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = "base" }, administrator.Headers);
    }

    private async Task<Role> CreateAsync(Person caller, Role role) => await Roles.CreateRoleAsync(new CreateRoleRequest { Role = role }, caller.Headers);

    private AsyncUnaryCall<Role> Update(Person caller, Role role, params string[] mask) => Roles.UpdateRoleAsync(
        new UpdateRoleRequest { Role = role, UpdateMask = mask.Length == 0 ? null : new FieldMask { Paths = { mask } } }, caller.Headers);

    private async Task<VerifyResponse> VerifyAsync(Person person) => await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);

    private async Task<VerifyResponse> RefreshAsync(Person person)
    {
        var tokens = await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = person.Tokens.RefreshToken });
        return await VerifyAsync(person with { Tokens = tokens });
    }
}
