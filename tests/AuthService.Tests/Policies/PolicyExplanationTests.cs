using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Effect = AiMesh.Auth.V1.Policy.Types.Effect;
using Outcome = AiMesh.Auth.V1.PolicyDecision.Types.Outcome;

namespace AiMesh.AuthService.Tests.Policies;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class PolicyExplanationTests(AuthFixture fixture)
{
    private static readonly Timestamp Noon = Timestamp.FromDateTime(new DateTime(2026, 11, 18, 12, 0, 0, DateTimeKind.Utc));

    [Fact]
    public async Task Explain_NamesThePolicyThatDeniesOrAllows()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, "eu-only", "user.attributes.region = EU", "data:*");
        await CreateAsync(administrator, "office", "context.time >= 08:00 AND context.time < 18:00", "data:delete:* data:write:*");
        await CreateAsync(administrator, "of-others", "user.id = x", "ai:*");
        var european = await AddAsync(administrator, "EU");
        var american = await AddAsync(administrator, "US");

        var allowed = await ExplainAsync(administrator, new() { User = european, Permission = "data:write:surveys", Time = Noon });
        Assert.True(allowed.Allowed);
        Assert.Equal(["role member grants data:write:*", "policy eu-only lets it pass", "policy office lets it pass"], allowed.Reasons);

        var denied = await ExplainAsync(administrator, new() { User = american, Permission = "data:write:surveys", Time = Noon });
        Assert.False(denied.Allowed);
        Assert.Equal([("eu-only", Outcome.Denies), ("office", Outcome.Passes)], denied.Policies.Select(static policy => (policy.Policy, policy.Outcome)));
        Assert.Contains("policy eu-only denies it", denied.Reasons);

        var atNight = Timestamp.FromDateTime(Noon.ToDateTime().AddHours(9));
        Assert.Contains("policy office denies it", (await ExplainAsync(administrator, new() { User = european, Permission = "data:write:surveys", Time = atNight })).Reasons);
        Assert.Single((await ExplainAsync(administrator, new() { User = european, Permission = "data:read:surveys", Time = Noon })).Policies);

        // A policy grants nothing.
        Assert.False((await ExplainAsync(administrator, new() { User = european, Permission = "data:define", Time = Noon })).Allowed);
    }

    [Fact]
    public async Task Explain_WithoutTheAddress_SaysWhatDependsOnIt()
    {
        var administrator = await fixture.RegisterAsync();
        await CreateAsync(administrator, "office", "context.address = 192.0.2.0/24 OR user.roles:admin", "data:*");
        var member = await AddAsync(administrator, "EU");

        var depends = await ExplainAsync(administrator, new() { User = member, Permission = "data:list" });
        Assert.False(depends.Allowed);
        Assert.Equal(Outcome.Depends, Assert.Single(depends.Policies).Outcome);
        Assert.True((await ExplainAsync(administrator, new() { User = member, Permission = "data:list", Address = "::ffff:192.0.2.4" })).Allowed);
        Assert.Equal(Outcome.Denies, Assert.Single((await ExplainAsync(administrator, new() { User = member, Permission = "data:list", Address = "192.0.3.4" })).Policies).Outcome);
        Assert.True((await ExplainAsync(administrator, new() { User = administrator.Id, Permission = "data:list" })).Allowed);
        var wrong = fixture.Service.Roles.ExplainPermissionAsync(new() { User = member, Permission = "data:list", Address = "office" }, administrator.Headers);
        Assert.Equal(["address"], (await Refusal.OfAsync(wrong, StatusCode.InvalidArgument)).Fields);
    }

    private async Task CreateAsync(Person caller, string name, string condition, string permissions) => await fixture.Service.Policies.CreatePolicyAsync(
        new CreatePolicyRequest { Policy = new Policy { Name = name, Effect = Effect.AllowOnlyIf, Condition = condition, Permissions = { permissions.Split(' ') } } }, caller.Headers);

    private async Task<string> AddAsync(Person administrator, string region)
    {
        var user = new User { Email = AuthFixture.NewEmail(), Roles = { "member" }, Attributes = { ["region"] = region } };
        return (await fixture.Service.Users.CreateUserAsync(new CreateUserRequest { User = user, Password = AuthFixture.Password }, administrator.Headers)).Id;
    }

    private async Task<ExplainPermissionResponse> ExplainAsync(Person caller, ExplainPermissionRequest request) =>
        await fixture.Service.Roles.ExplainPermissionAsync(request, caller.Headers);
}
