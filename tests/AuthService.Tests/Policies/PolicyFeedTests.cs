using System.Diagnostics;
using System.Net;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Effect = AiMesh.Auth.V1.Policy.Types.Effect;

namespace AiMesh.AuthService.Tests.Policies;

/// <summary>How soon a change of policies reaches another replica and another service, without Redis.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class PolicyFeedTests(AuthFixture fixture)
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Change_ReachesReplicasAndServicesWithinTwoSeconds_AndNoOtherOrganisation()
    {
        await using var replica = await AuthServiceHost.StartAsync(fixture.Database.ConnectionString);
        await using var service = await FollowingService.StartAsync(fixture.Service.HttpAddress, "auth:users:read");
        var administrator = await fixture.RegisterAsync();
        var other = await fixture.RegisterAsync();
        Assert.Equal(HttpStatusCode.OK, await GetAsync(service, administrator));

        await replica.Policies.CreatePolicyAsync(
            new CreatePolicyRequest { Policy = new Policy { Name = "none", Effect = Effect.Deny, Permissions = { "auth:users:*" } } }, administrator.Headers);
        await WithinTwoSecondsAsync(async () => await AllAnswerAsync(HttpStatusCode.Forbidden));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(service, other));
        Assert.Equal(HttpStatusCode.OK, await ListUsersAsync(replica, other));

        await fixture.Service.Policies.DeletePolicyAsync(new DeletePolicyRequest { Policy = "none" }, administrator.Headers);
        await WithinTwoSecondsAsync(async () => await AllAnswerAsync(HttpStatusCode.OK));

        async Task<bool> AllAnswerAsync(HttpStatusCode status) =>
            await GetAsync(service, administrator) == status && await ListUsersAsync(replica, administrator) == status && await ListUsersAsync(fixture.Service, administrator) == status;
    }

    [Fact]
    public async Task Service_ThatStartsLater_KnowsPoliciesFromTheBeginning()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.Service.Policies.CreatePolicyAsync(
            new CreatePolicyRequest { Policy = new Policy { Name = "none", Effect = Effect.Deny, Permissions = { "data:*" } } }, administrator.Headers);

        await using var service = await FollowingService.StartAsync(fixture.Service.HttpAddress, "data:list");
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(service, administrator));
    }

    [Fact]
    public async Task Document_HoldsWhatChangedAfterANumber()
    {
        var administrator = await fixture.RegisterAsync();
        var organisation = await fixture.AskAsync<string>("select organisation from users where id = @Id", new { administrator.Id });
        var before = await ReadAsync(0);
        await fixture.Service.Policies.CreatePolicyAsync(
            new CreatePolicyRequest { Policy = new Policy { Name = "a", Effect = Effect.Deny, Permissions = { "x" } } }, administrator.Headers);
        await fixture.Service.Policies.CreatePolicyAsync(
            new CreatePolicyRequest { Policy = new Policy { Name = "b", Effect = Effect.Deny, Permissions = { "x" }, Disabled = true } }, administrator.Headers);

        var after = await ReadAsync(before.Sequence);
        Assert.Equal("a", Assert.Single(after.Organisations.Single(set => set.Organisation == organisation).Policies).Name);
        Assert.False(after.More);
        Assert.Empty((await ReadAsync(after.Sequence)).Organisations);
        Assert.Equal(after.Sequence, (await ReadAsync(after.Sequence)).Sequence);
        using var wrong = await fixture.Service.Http.GetAsync(new Uri($"{AccessPolicyDocument.Path}?after=-1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Document_ThatWouldBeTooLarge_IsCutAndGoesOn()
    {
        var administrator = await fixture.RegisterAsync();
        var second = await fixture.RegisterAsync();
        foreach (var person in new[] { administrator, second })
        {
            await fixture.Service.Policies.CreatePolicyAsync(
                new CreatePolicyRequest { Policy = new Policy { Name = "a", Effect = Effect.Deny, Permissions = { "x" } } }, person.Headers);
        }

        var cut = await fixture.AskAsync<string>("select string_agg(more::text || organisation, ',') from policies_after((select sequence - 2 from policy_head), 1)");
        Assert.StartsWith("true", cut, StringComparison.Ordinal);
        Assert.DoesNotContain(",", cut, StringComparison.Ordinal);
        var whole = await fixture.AskAsync<string>("select string_agg(more::text, ',') from policies_after((select sequence - 2 from policy_head), 1000000)");
        Assert.Equal("false,false", whole);
    }

    [Fact]
    public async Task Operator_LiftsAPolicyInTheDatabase()
    {
        var administrator = await fixture.RegisterAsync();
        var organisation = await fixture.AskAsync<string>("select organisation from users where id = @Id", new { administrator.Id });
        await fixture.Service.Policies.CreatePolicyAsync(
            new CreatePolicyRequest { Policy = new Policy { Name = "locking", Effect = Effect.Deny, Permissions = { "auth:users:*" } } }, administrator.Headers);
        Assert.Equal(HttpStatusCode.Forbidden, await ListUsersAsync(fixture.Service, administrator));

        // As docs/security.md says.
        await fixture.Database.ExecuteAsync($"""
            begin;
            select set_config('aimesh.organisation', '{organisation}', true);
            update policies set disabled = true where organisation = '{organisation}' and name = 'locking';
            select publish_policies('[]');
            commit;
            """);
        await WithinTwoSecondsAsync(async () => await ListUsersAsync(fixture.Service, administrator) == HttpStatusCode.OK);
    }

    private async Task<AccessPolicyDocument> ReadAsync(long after)
    {
        var json = await fixture.Service.Http.GetByteArrayAsync(new Uri($"{AccessPolicyDocument.Path}?after={after}", UriKind.Relative));
        Assert.True(AccessPolicyDocument.TryParse(json, out var document));
        return document;
    }

    private static async Task WithinTwoSecondsAsync(Func<Task<bool>> condition)
    {
        var changed = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(changed) < Promise, "not known after two seconds");
            await Task.Delay(20);
        }
    }

    private static async Task<HttpStatusCode> GetAsync(FollowingService service, Person person)
    {
        using var response = await service.GetAsync(person.Tokens.AccessToken);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> ListUsersAsync(AuthServiceHost replica, Person person)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/auth/users");
        request.Headers.Add("Authorization", $"Bearer {person.Tokens.AccessToken}");
        using var response = await replica.Http.SendAsync(request);
        return response.StatusCode;
    }
}
