using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Sessions;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RegisterTests(AuthFixture fixture)
{
    [Fact]
    public async Task Register_OfANewPerson_MakesThemAdministratorOfAnOrganisationOfTheirOwn()
    {
        var email = AuthFixture.NewEmail();

        var registered = await fixture.Service.Sessions.RegisterAsync(
            new RegisterRequest { Email = email, Password = AuthFixture.Password, DisplayName = " Anna ", Organisation = "ACME GmbH & Co." });

        Assert.Equal(email, registered.User.Email);
        Assert.Equal("Anna", registered.User.DisplayName);
        Assert.Equal(["admin"], registered.User.Roles);
        Assert.False(registered.User.Disabled);
        Assert.NotNull(registered.User.CreateTime);
        var person = await fixture.SignInAsync(registered.User.Id, email);
        var organisation = await fixture.Service.Organisations.GetOrganisationAsync(new GetOrganisationRequest(), person.Headers);
        Assert.Equal("ACME GmbH & Co.", organisation.DisplayName);
        Assert.Matches("^acme-gmbh-co-[a-z0-9]{8}$", organisation.Id);
        Assert.Equal(AiMesh.Common.V1.Tier.Free, organisation.Tier);
        var roles = await fixture.Service.Roles.ListRolesAsync(new ListRolesRequest(), person.Headers);
        Assert.Equal(["admin", "member", "viewer"], roles.Roles.Select(static role => role.Name));
    }

    [Fact]
    public async Task Register_WithAddressOnly_NamesPersonAndOrganisationAfterIt()
    {
        var email = AuthFixture.NewEmail();
        var registered = await fixture.Service.Sessions.RegisterAsync(new RegisterRequest { Email = email, Password = AuthFixture.Password });
        Assert.Equal(email.Split('@')[0], registered.User.DisplayName);
    }

    [Fact]
    public async Task Register_WithTakenAddress_IsAlreadyExistsInAnySpelling()
    {
        const string Composed = "jos\u00e9.\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2@example.com";
        const string DecomposedUpper = "  JOSE\u0301.\u03a3\u0399\u0301\u03a3\u03a5\u03a6\u039f\u03a3@EXAMPLE.COM ";
        await fixture.Service.Sessions.RegisterAsync(new RegisterRequest { Email = Composed, Password = AuthFixture.Password });

        await Refusal.OfAsync(
            fixture.Service.Sessions.RegisterAsync(new RegisterRequest { Email = DecomposedUpper, Password = AuthFixture.Password }), StatusCode.AlreadyExists);
        await fixture.Service.Sessions.LoginAsync(new LoginRequest { Email = DecomposedUpper, Password = AuthFixture.Password });
    }

    [Fact]
    public async Task Register_OfTheSameAddressAtOnce_MakesOneAccount()
    {
        var request = new RegisterRequest { Email = AuthFixture.NewEmail(), Password = AuthFixture.Password };
        var calls = Enumerable.Range(0, 8).Select(_ => fixture.Service.Sessions.RegisterAsync(request)).ToArray();

        var outcomes = new List<StatusCode>();
        foreach (var call in calls)
        {
            try
            {
                await call;
                outcomes.Add(StatusCode.OK);
            }
            catch (RpcException exception)
            {
                outcomes.Add(exception.StatusCode);
            }
        }

        Assert.Single(outcomes, StatusCode.OK);
        Assert.Equal(7, outcomes.Count(static code => code == StatusCode.AlreadyExists));
        Assert.Equal(0, await fixture.AskAsync<int>("select count(*)::int from organisations o where not exists (select 1 from users u where u.organisation = o.id)"));
    }

    [Fact]
    public async Task Register_WithSeveralMistakes_NamesAllFields()
    {
        var refused = await Refusal.OfAsync(
            fixture.Service.Sessions.RegisterAsync(new RegisterRequest
            {
                Email = "nobody",
                Password = "short",
                DisplayName = new string('x', 101),
                Organisation = "two\nlines",
            }),
            StatusCode.InvalidArgument);
        Assert.Equal(["email", "display_name", "organisation", "password"], refused.Fields);
    }

    [Theory]
    [InlineData("", "is required")]
    [InlineData("@example.com", "must be an e-mail address")]
    [InlineData("name@", "must be an e-mail address")]
    [InlineData("name@example..com", "must be an e-mail address")]
    [InlineData("na me@example.com", "white space")]
    [InlineData("na\0me@example.com", "control characters")]
    public async Task Register_WithBadAddress_SaysWhatIsWrong(string email, string description)
    {
        var refused = await Refusal.OfAsync(
            fixture.Service.Sessions.RegisterAsync(new RegisterRequest { Email = email, Password = AuthFixture.Password }), StatusCode.InvalidArgument);
        Assert.Equal(["email"], refused.Fields);
        Assert.Contains(description, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Register_WithCommonPassword_IsRefusedWithoutRepeatingIt()
    {
        var refused = await Refusal.OfAsync(
            fixture.Service.Sessions.RegisterAsync(new RegisterRequest { Email = AuthFixture.NewEmail(), Password = "password123" }), StatusCode.InvalidArgument);
        Assert.Equal(["password"], refused.Fields);
        Assert.DoesNotContain("password123", refused.Message, StringComparison.Ordinal);
    }
}
