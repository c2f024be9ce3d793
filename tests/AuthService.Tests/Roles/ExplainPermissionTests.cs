using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Roles;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class ExplainPermissionTests(AuthFixture fixture)
{
    [Fact]
    public async Task Explain_OfAGrant_NamesTheRoleAndTheRule()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer", "member");

        var answer = await Explain(administrator, person.Id, "data:read:surveys");

        Assert.True(answer.Allowed);
        Assert.Equal(["role member grants data:read:*", "role viewer grants data:read:*"], answer.Reasons);
        Assert.Equal(["member"], answer.Grants[0].Path);
        Assert.Equal("data:read:*", answer.Grants[0].Pattern);
    }

    [Fact]
    public async Task Explain_OfAGrantThroughIncludedRoles_NamesTheWay()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "lead", Includes = { "viewer" } });
        await CreateAsync(administrator, new Role { Name = "head", Includes = { "lead" }, Permissions = { "x:*" } });
        var person = await fixture.AddAsync(administrator, "head");

        Assert.Equal(["role head, which includes lead, which includes viewer grants ai:ask"], (await Explain(administrator, person.Id, "ai:ask")).Reasons);
        Assert.Equal(["head", "lead", "viewer"], (await Explain(administrator, person.Id, "ai:ask")).Grants[0].Path);
        Assert.Equal(["role head grants x:*"], (await Explain(administrator, person.Id, "x:y")).Reasons);
    }

    [Fact]
    public async Task Explain_OfADenial_NamesTheRolesThatDoNotGrant()
    {
        var administrator = await fixture.RegisterAsync();
        var viewer = await fixture.AddAsync(administrator, "viewer");
        var nobody = await fixture.AddAsync(administrator);

        var answer = await Explain(administrator, viewer.Id, "data:write:surveys");
        Assert.False(answer.Allowed);
        Assert.Equal(["none of the roles viewer grants data:write:surveys"], answer.Reasons);
        Assert.Equal(["the user holds no role"], (await Explain(administrator, nobody.Id, "ai:ask")).Reasons);
        Assert.False((await Explain(administrator, viewer.Id, "data:read")).Allowed);
    }

    [Fact]
    public async Task Explain_OfADisabledUser_SaysSo()
    {
        var administrator = await fixture.RegisterAsync();
        var viewer = await fixture.AddAsync(administrator, "viewer");
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = viewer.Id, Disabled = true } }, administrator.Headers);

        var answer = await Explain(administrator, viewer.Id, "ai:ask");

        Assert.False(answer.Allowed);
        Assert.Equal("the user is disabled and can't sign in", answer.Reasons[^1]);
    }

    [Fact]
    public async Task Explain_AgreesWithWhatTheTokenSays()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, new Role { Name = "odd", Permissions = { "data:*:surveys", "iot:*" }, Includes = { "viewer" } });
        var person = await fixture.AddAsync(administrator, "odd");
        var granted = ServiceDefaults.Permissions.PermissionSet.Create(
            (await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers)).Permissions);

        foreach (var permission in (string[])["data:write:surveys", "data:write:movies", "data:read:movies", "iot", "iot:x:y:z", "ai:ask", "ai:chat", "data:read:*", "*"])
            Assert.Equal(granted.Allows(permission), (await Explain(administrator, person.Id, permission)).Allowed);
    }

    [Fact]
    public async Task Explain_WithABadRequestOrForWhoMayNot_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        var stranger = await fixture.RegisterAsync();

        Assert.Equal(["user", "permission"], (await Refusal.OfAsync(Explain(administrator, "", "a::b"), StatusCode.InvalidArgument)).Fields);
        await Refusal.OfAsync(Explain(administrator, "nobody", "ai:ask"), StatusCode.NotFound);
        await Refusal.OfAsync(Explain(stranger, member.Id, "ai:ask"), StatusCode.NotFound);
        await Refusal.OfAsync(Explain(member, member.Id, "ai:ask"), StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Explain_AsJson_IsAQuestionInTheAddress()
    {
        var administrator = await fixture.RegisterAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/auth/users/{administrator.Id}:why?permission=ai:ask");
        request.Headers.Add("Authorization", $"Bearer {administrator.Tokens.AccessToken}");
        using var response = await fixture.Service.Http.SendAsync(request);
        Assert.Contains("\"role admin grants *\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task CreateAsync(Person caller, Role role) => await fixture.Service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = role }, caller.Headers);

    private AsyncUnaryCall<ExplainPermissionResponse> Explain(Person caller, string user, string permission) =>
        fixture.Service.Roles.ExplainPermissionAsync(new ExplainPermissionRequest { User = user, Permission = permission }, caller.Headers);
}
