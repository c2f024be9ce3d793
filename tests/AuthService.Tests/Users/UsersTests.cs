using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Users;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class UsersTests(AuthFixture fixture)
{
    private Auth.V1.Users.UsersClient Users => fixture.Service.Users;

    [Fact]
    public async Task CreateUser_WithEverything_CanBeReadAgain()
    {
        var administrator = await fixture.RegisterAsync();
        var email = AuthFixture.NewEmail();
        var user = new User { Email = email, DisplayName = "Zoë 🐎", Roles = { "member", "viewer", "member" }, Attributes = { ["region"] = "EMEA", ["grade_2"] = "" } };

        var created = await Users.CreateUserAsync(new CreateUserRequest { User = user, Password = AuthFixture.Password }, administrator.Headers);

        Assert.Equal("Zoë 🐎", created.DisplayName);
        Assert.Equal(["member", "viewer"], created.Roles);
        Assert.Equal("EMEA", created.Attributes["region"]);
        Assert.Equal(created, await Users.GetUserAsync(new GetUserRequest { User = created.Id }, administrator.Headers));
        await fixture.SignInAsync(created.Id, email);
    }

    [Fact]
    public async Task CreateUser_WithMistakes_NamesAllFields()
    {
        var administrator = await fixture.RegisterAsync();
        var user = new User { Email = "x", DisplayName = new string('x', 101), Roles = { "No Role" }, Attributes = { ["Region"] = "", ["ok"] = new string('x', 257) } };

        var refused = await Refusal.OfAsync(Users.CreateUserAsync(new CreateUserRequest { User = user, Password = "x" }, administrator.Headers), StatusCode.InvalidArgument);

        Assert.Equal(["password", "user.attributes", "user.attributes.ok", "user.display_name", "user.email", "user.roles"], refused.Fields.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task CreateUser_WithUnknownRole_IsNotFound()
    {
        var administrator = await fixture.RegisterAsync();
        var user = new User { Email = AuthFixture.NewEmail(), Roles = { "astronaut" } };
        await Refusal.OfAsync(Users.CreateUserAsync(new CreateUserRequest { User = user, Password = AuthFixture.Password }, administrator.Headers), StatusCode.NotFound);
    }

    [Fact]
    public async Task CreateUser_WithAddressOfAnotherOrganisation_IsAlreadyExists()
    {
        var stranger = await fixture.RegisterAsync();
        var administrator = await fixture.RegisterAsync();
        var request = new CreateUserRequest { User = new User { Email = stranger.Email.ToUpperInvariant() }, Password = AuthFixture.Password };
        await Refusal.OfAsync(Users.CreateUserAsync(request, administrator.Headers), StatusCode.AlreadyExists);
    }

    [Fact]
    public async Task CreateUser_WithMoreThanATokenHolds_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        var user = new User { Email = AuthFixture.NewEmail() };
        for (var i = 0; i < 32; i++) user.Attributes[$"attribute_{i}"] = new string('x', 256);
        var refused = await Refusal.OfAsync(Users.CreateUserAsync(new CreateUserRequest { User = user, Password = AuthFixture.Password }, administrator.Headers), StatusCode.InvalidArgument);
        Assert.Equal(["user"], refused.Fields);
    }

    [Fact]
    public async Task UpdateUser_ToRolesThatGrantMoreThanATokenHolds_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        foreach (var name in (string[])["one", "two"])
        {
            var role = new Role { Name = name, Permissions = { Enumerable.Range(0, 150).Select(i => $"data:read:{name}-{i:000000}") } };
            await fixture.Service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = role }, administrator.Headers);
        }

        var person = await fixture.AddAsync(administrator, "one");
        var refused = await RefusedAsync(administrator, StatusCode.InvalidArgument, new User { Id = person.Id, Roles = { "one", "two" } });

        Assert.Equal(["user"], refused.Fields);
        await UpdateAsync(administrator, new User { Id = person.Id, Roles = { "one", "two", "admin" } });
    }

    [Fact]
    public async Task UpdateUser_DisabledAndEnabledAgain_LeavesOldSessionsEnded()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        await UpdateAsync(administrator, new User { Id = person.Id, Disabled = true });
        await UpdateAsync(administrator, new User { Id = person.Id }, "disabled");

        await Refusal.OfAsync(fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = person.Tokens.RefreshToken }), StatusCode.Unauthenticated);
        await fixture.SignInAsync(person.Id, person.Email);
    }

    [Fact]
    public async Task ListUsers_ByPages_GivesEverybodyOnceInOrderOfAddress()
    {
        var administrator = await fixture.RegisterAsync();
        for (var i = 0; i < 6; i++) await fixture.AddAsync(administrator);

        var listed = new List<User>();
        var request = new ListUsersRequest { PageSize = 3 };
        do
        {
            var page = await Users.ListUsersAsync(request, administrator.Headers);
            Assert.InRange(page.Users.Count, 1, 3);
            listed.AddRange(page.Users);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(7, listed.Count);
        Assert.Equal(listed.Select(static user => user.Email).Order(StringComparer.Ordinal), listed.Select(static user => user.Email));
        Assert.Equal(listed, (await Users.ListUsersAsync(new ListUsersRequest(), administrator.Headers)).Users);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task ListUsers_WithBadPageSize_NamesTheField(int size)
    {
        var administrator = await fixture.RegisterAsync();
        var refused = await Refusal.OfAsync(Users.ListUsersAsync(new ListUsersRequest { PageSize = size }, administrator.Headers), StatusCode.InvalidArgument);
        Assert.Equal(["page_size"], refused.Fields);
    }

    [Fact]
    public async Task ListUsers_WithForgedOrForeignPageToken_NamesTheField()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.AddAsync(administrator);
        var stranger = await fixture.RegisterAsync();
        var token = (await Users.ListUsersAsync(new ListUsersRequest { PageSize = 1 }, administrator.Headers)).NextPageToken;
        Assert.NotEmpty(token);

        foreach (var (caller, pageToken) in ((Person, string)[])[(stranger, token), (administrator, token[..^2] + "AA"), (administrator, "x"), (administrator, "é")])
        {
            var refused = await Refusal.OfAsync(Users.ListUsersAsync(new ListUsersRequest { PageToken = pageToken }, caller.Headers), StatusCode.InvalidArgument);
            Assert.Equal(["page_token"], refused.Fields);
        }
    }

    [Fact]
    public async Task UpdateUser_WithMask_ChangesThoseFieldsOnly()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        var change = new User { Id = person.Id, DisplayName = "Somebody", Attributes = { ["region"] = "APAC" } };

        var updated = await UpdateAsync(administrator, change, "attributes", "roles");

        Assert.NotEqual("Somebody", updated.DisplayName);
        Assert.Empty(updated.Roles);
        Assert.Equal("APAC", updated.Attributes["region"]);
        Assert.Equal(updated, await Users.GetUserAsync(new GetUserRequest { User = person.Id }, administrator.Headers));
    }

    [Fact]
    public async Task UpdateUser_WithoutMask_ChangesWhatIsSet()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");

        var updated = await UpdateAsync(administrator, new User { Id = person.Id, DisplayName = "Somebody" });

        Assert.Equal("Somebody", updated.DisplayName);
        Assert.Equal(["viewer"], updated.Roles);
    }

    [Fact]
    public async Task UpdateUser_OfRoles_RefusesOldTokensAndGivesNewOnes()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");

        await UpdateAsync(administrator, new User { Id = person.Id, Roles = { "member" } });

        await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers), StatusCode.Unauthenticated);
        var refreshed = await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = person.Tokens.RefreshToken });
        var verified = await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(refreshed.AccessToken));
        Assert.Equal(["member"], verified.Roles);
        Assert.Contains("data:write:*", verified.Permissions);
    }

    [Fact]
    public async Task UpdateUser_ThatChangesNothing_LeavesTokensAlone()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        await UpdateAsync(administrator, new User { Id = person.Id, Roles = { "viewer" } });
        await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);
    }

    [Fact]
    public async Task UpdateUser_WithBadMaskOrFields_NamesThem()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator);

        Assert.Equal(["update_mask"], (await RefusedAsync(administrator, StatusCode.InvalidArgument, new User { Id = person.Id }, "email")).Fields);
        Assert.Equal(["user.id"], (await RefusedAsync(administrator, StatusCode.InvalidArgument, new User { DisplayName = "x" })).Fields);
        Assert.Equal(["user.display_name"], (await RefusedAsync(administrator, StatusCode.InvalidArgument, new User { Id = person.Id }, "*")).Fields);
        Assert.Equal(["user.roles"], (await RefusedAsync(administrator, StatusCode.InvalidArgument, new User { Id = person.Id, Roles = { "\0" } })).Fields);
        await RefusedAsync(administrator, StatusCode.NotFound, new User { Id = person.Id, Roles = { "astronaut" } });
        await RefusedAsync(administrator, StatusCode.NotFound, new User { Id = "\0", DisplayName = "x" });
    }

    [Fact]
    public async Task UpdateUser_OfTheLastAdministrator_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        var other = await fixture.AddAsync(administrator, "admin");
        await UpdateAsync(administrator, new User { Id = other.Id, Disabled = true });

        var demoted = await RefusedAsync(administrator, StatusCode.FailedPrecondition, new User { Id = administrator.Id, Roles = { "member" } });
        var disabled = await RefusedAsync(administrator, StatusCode.FailedPrecondition, new User { Id = administrator.Id, Disabled = true });

        Assert.Equal("LAST_ADMINISTRATOR", demoted.Reason);
        Assert.Equal("LAST_ADMINISTRATOR", disabled.Reason);
        await UpdateAsync(administrator, new User { Id = other.Id }, "disabled");
        await UpdateAsync(administrator, new User { Id = administrator.Id, Roles = { "member" } });
    }

    [Fact]
    public async Task UpdateUser_OfTwoAdministratorsByEachOther_LeavesOne()
    {
        for (var round = 0; round < 5; round++)
        {
            var first = await fixture.RegisterAsync();
            var second = await fixture.AddAsync(first, "admin");
            var calls = new[] { CodeAsync(first, second), CodeAsync(second, first) };

            var codes = await Task.WhenAll(calls);

            Assert.Single(codes, StatusCode.OK);
            Assert.Equal(1, await fixture.AskAsync<int>(
                "select count(*)::int from user_roles where role = 'admin' and user_id in (@First, @Second)", new { First = first.Id, Second = second.Id }));
        }

        async Task<StatusCode> CodeAsync(Person caller, Person target)
        {
            try
            {
                await UpdateAsync(caller, new User { Id = target.Id, Roles = { "viewer" } });
                return StatusCode.OK;
            }
            catch (RpcException exception)
            {
                return exception.StatusCode;
            }
        }
    }

    [Fact]
    public async Task Users_OfAnotherOrganisation_AreNotFound()
    {
        var person = await fixture.RegisterAsync();
        var stranger = await fixture.RegisterAsync();

        var foreign = await Refusal.OfAsync(Users.GetUserAsync(new GetUserRequest { User = person.Id }, stranger.Headers), StatusCode.NotFound);
        var unknownId = new string('0', 32);
        var unknown = await Refusal.OfAsync(Users.GetUserAsync(new GetUserRequest { User = unknownId }, stranger.Headers), StatusCode.NotFound);
        await RefusedAsync(stranger, StatusCode.NotFound, new User { Id = person.Id, Disabled = true });

        Assert.Equal(unknown.Message.Replace(unknownId, person.Id, StringComparison.Ordinal), foreign.Message);
        Assert.DoesNotContain((await Users.ListUsersAsync(new ListUsersRequest(), stranger.Headers)).Users, user => user.Id == person.Id);
        await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);
    }

    [Fact]
    public async Task Users_ForWhoMayNot_AreDenied()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");

        var refused = await Refusal.OfAsync(Users.ListUsersAsync(new ListUsersRequest(), member.Headers), StatusCode.PermissionDenied);
        Assert.Equal("auth:users:read", refused.Info!.Metadata["permission"]);
        await Refusal.OfAsync(Users.GetUserAsync(new GetUserRequest { User = member.Id }, member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Users.CreateUserAsync(new CreateUserRequest(), member.Headers), StatusCode.PermissionDenied);
        await RefusedAsync(member, StatusCode.PermissionDenied, new User { Id = member.Id, Roles = { "admin" } });
        await Refusal.OfAsync(Users.ListUsersAsync(new ListUsersRequest()), StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Users_ByWhoMayEditThem_GetNoMoreThanTheEditorHas()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.Service.Roles.CreateRoleAsync(
            new CreateRoleRequest { Role = new Role { Name = "staff", Permissions = { "auth:users:*", "auth:roles:*" } } }, administrator.Headers);
        var clerk = await fixture.AddAsync(administrator, "staff", "viewer");

        var refused = await RefusedAsync(clerk, StatusCode.PermissionDenied, new User { Id = clerk.Id, Roles = { "staff", "viewer", "admin" } });
        await Refusal.OfAsync(
            Users.CreateUserAsync(new CreateUserRequest { User = new User { Email = AuthFixture.NewEmail(), Roles = { "admin" } }, Password = AuthFixture.Password }, clerk.Headers),
            StatusCode.PermissionDenied);

        Assert.Equal("*", refused.Info!.Metadata["permission"]);
        await Users.CreateUserAsync(
            new CreateUserRequest { User = new User { Email = AuthFixture.NewEmail(), Roles = { "viewer" } }, Password = AuthFixture.Password }, clerk.Headers);
        await UpdateAsync(clerk, new User { Id = administrator.Id, DisplayName = "The boss" });
    }

    private async Task<User> UpdateAsync(Person caller, User user, params string[] mask) =>
        await Users.UpdateUserAsync(Request(user, mask), caller.Headers);

    private Task<RefusedCall> RefusedAsync(Person caller, StatusCode code, User user, params string[] mask) =>
        Refusal.OfAsync(Users.UpdateUserAsync(Request(user, mask), caller.Headers), code);

    private static UpdateUserRequest Request(User user, string[] mask) =>
        new() { User = user, UpdateMask = mask.Length == 0 ? null : new FieldMask { Paths = { mask } } };
}
