using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Users;

/// <summary>Nobody gives attributes that they do not have, least of all to themselves.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class AttributeGrantsTests(AuthFixture fixture)
{
    [Fact]
    public async Task Attributes_AreGivenByWhoHasThem_OrMayDoEverything()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.Service.Roles.CreateRoleAsync(
            new CreateRoleRequest { Role = new Role { Name = "people", Permissions = { "auth:users:*" } } }, administrator.Headers);
        var manager = await fixture.AddAsync(administrator, "people");
        await SetAsync(administrator, manager.Id, ("region", "EU"), ("clearance", "1"));
        manager = await fixture.SignInAsync(manager.Id, manager.Email);
        var member = await fixture.AddAsync(administrator);

        await SetAsync(manager, member.Id, ("region", "EU"));
        await RefusedAsync(manager, member.Id, "clearance", ("region", "EU"), ("clearance", "2"));
        await RefusedAsync(manager, member.Id, "region", ("region", "US"));
        await RefusedAsync(manager, member.Id, "region");
        await RefusedAsync(manager, manager.Id, "clearance", ("region", "EU"), ("clearance", "9"));
        await RefusedAsync(manager, manager.Id, "clearance", ("region", "EU"));
        await SetAsync(manager, manager.Id, ("region", "EU"), ("clearance", "1"));

        var created = fixture.Service.Users.CreateUserAsync(
            new CreateUserRequest { User = new User { Email = AuthFixture.NewEmail(), Attributes = { ["clearance"] = "9" } }, Password = AuthFixture.Password }, manager.Headers);
        Assert.Equal("ATTRIBUTE_NOT_HELD", (await Refusal.OfAsync(created, StatusCode.PermissionDenied)).Reason);
        await SetAsync(administrator, administrator.Id, ("clearance", "9"));
    }

    private async Task SetAsync(Person caller, string user, params (string Name, string Value)[] attributes) => await Update(caller, user, attributes);

    private async Task RefusedAsync(Person caller, string user, string attribute, params (string Name, string Value)[] attributes)
    {
        var refused = await Refusal.OfAsync(Update(caller, user, attributes), StatusCode.PermissionDenied);
        Assert.Equal("ATTRIBUTE_NOT_HELD", refused.Reason);
        Assert.Contains($"'{attribute}'", refused.Message, StringComparison.Ordinal);
    }

    private AsyncUnaryCall<User> Update(Person caller, string user, (string Name, string Value)[] attributes)
    {
        var wanted = new User { Id = user };
        foreach (var (name, value) in attributes) wanted.Attributes.Add(name, value);
        return fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = wanted, UpdateMask = new() { Paths = { "attributes" } } }, caller.Headers);
    }
}
