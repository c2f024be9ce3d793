using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Policies;
using Grpc.Core;
using Effect = AiMesh.Auth.V1.Policy.Types.Effect;

namespace AiMesh.AuthService.Tests.Policies;

/// <summary>A5: administrators edit the policies of their organisation, and of no other.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class PoliciesTests(AuthFixture fixture)
{
    private AiMesh.Auth.V1.Policies.PoliciesClient Policies => fixture.Service.Policies;

    [Fact]
    public async Task Policy_IsCreatedReadListedChangedAndDeleted()
    {
        var administrator = await fixture.RegisterAsync();
        var created = await CreateAsync(administrator, new Policy
        {
            Name = "office-hours",
            Description = " Deletes by day ",
            Effect = Effect.AllowOnlyIf,
            Permissions = { "data:delete:*", "data:delete:*", "ai:*" },
            Roles = { "member" },
            Condition = "context.time >= 08:00 AND context.time < 18:00",
            TimeZone = "Europe/Berlin",
        });

        Assert.Equal("Deletes by day", created.Description);
        Assert.Equal(["ai:*", "data:delete:*"], created.Permissions);
        Assert.NotEmpty(created.Etag);
        Assert.Equal(created, await Policies.GetPolicyAsync(new GetPolicyRequest { Policy = "office-hours" }, administrator.Headers));
        Assert.Equal([created], (await Policies.ListPoliciesAsync(new ListPoliciesRequest(), administrator.Headers)).Policies);

        var updated = await Policies.UpdatePolicyAsync(
            new UpdatePolicyRequest { Policy = new Policy { Name = "office-hours", Effect = Effect.Deny, Etag = created.Etag } }, administrator.Headers);
        Assert.Equal(Effect.Deny, updated.Effect);
        Assert.Equal(created.Condition, updated.Condition);
        Assert.NotEqual(created.Etag, updated.Etag);

        await Policies.DeletePolicyAsync(new DeletePolicyRequest { Policy = "office-hours", Etag = updated.Etag }, administrator.Headers);
        await Refusal.OfAsync(Policies.GetPolicyAsync(new GetPolicyRequest { Policy = "office-hours" }, administrator.Headers), StatusCode.NotFound);
        Assert.Equal(3, await fixture.AskAsync<int>(
            "select count(*)::int from audit_events e join users u using (organisation) where u.id = @Id and e.action in ('policy.create', 'policy.update', 'policy.delete')", new { administrator.Id }));
    }

    [Fact]
    public async Task Policy_WithAnEtagOfBefore_Stays()
    {
        var administrator = await fixture.RegisterAsync();
        var first = await CreateAsync(administrator, Deny("p"));
        await Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = new Policy { Name = "p", Description = "x" } }, administrator.Headers);

        var stale = new UpdatePolicyRequest { Policy = new Policy { Name = "p", Description = "y", Etag = first.Etag } };
        Assert.Equal("ETAG_MISMATCH", (await Refusal.OfAsync(Policies.UpdatePolicyAsync(stale, administrator.Headers), StatusCode.Aborted)).Reason);
        await Refusal.OfAsync(Policies.DeletePolicyAsync(new DeletePolicyRequest { Policy = "p", Etag = first.Etag }, administrator.Headers), StatusCode.Aborted);

        await Policies.DeletePolicyAsync(new DeletePolicyRequest { Policy = "p" }, administrator.Headers);
        Assert.NotEqual(first.Etag, (await CreateAsync(administrator, Deny("p"))).Etag);
    }

    [Fact]
    public async Task Policy_ThatIsWrong_IsRefusedNamingEveryField()
    {
        var administrator = await fixture.RegisterAsync();
        var wrong = new Policy
        {
            Name = "P",
            Description = new string('x', 501),
            Effect = (Effect)7,
            Permissions = { "data::" },
            Roles = { "A B" },
            Condition = "user.id = a AND user.age > 3",
            TimeZone = "Mars/Olympus",
        };

        var refused = await Refusal.OfAsync(Policies.CreatePolicyAsync(new CreatePolicyRequest { Policy = wrong }, administrator.Headers), StatusCode.InvalidArgument);

        Assert.Equal(
            ["policy.description", "policy.name", "policy.effect", "policy.permissions[0]", "policy.roles[0]", "policy.time_zone", "policy.condition"], refused.Fields);
        Assert.Contains("position 17: unknown field 'user.age'", refused.Request!.FieldViolations[^1].Description, StringComparison.Ordinal);
        await Refusal.OfAsync(Policies.CreatePolicyAsync(new CreatePolicyRequest(), administrator.Headers), StatusCode.InvalidArgument);
        var unknown = Deny("p");
        unknown.Roles.Add("nobody-has-this");
        await Refusal.OfAsync(Policies.CreatePolicyAsync(new CreatePolicyRequest { Policy = unknown }, administrator.Headers), StatusCode.NotFound);
        await CreateAsync(administrator, Deny("p"));
        await Refusal.OfAsync(Policies.CreatePolicyAsync(new CreatePolicyRequest { Policy = Deny("p") }, administrator.Headers), StatusCode.AlreadyExists);
        await Refusal.OfAsync(
            Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = new Policy { Name = "p", Condition = "x" } }, administrator.Headers), StatusCode.InvalidArgument);
        await Refusal.OfAsync(
            Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = new Policy { Name = "p" }, UpdateMask = new() { Paths = { "permissions" } } }, administrator.Headers),
            StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Policies_AreAdministratorsBusiness_OfTheirOwnOrganisation()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        var stranger = await fixture.RegisterAsync();
        await CreateAsync(administrator, Deny("p"));

        await Refusal.OfAsync(Policies.ListPoliciesAsync(new ListPoliciesRequest(), member.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Policies.CreatePolicyAsync(new CreatePolicyRequest { Policy = Deny("q") }, member.Headers), StatusCode.PermissionDenied);
        Assert.Empty((await Policies.ListPoliciesAsync(new ListPoliciesRequest(), stranger.Headers)).Policies);
        await Refusal.OfAsync(Policies.GetPolicyAsync(new GetPolicyRequest { Policy = "p" }, stranger.Headers), StatusCode.NotFound);
        await Refusal.OfAsync(Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = Deny("p") }, stranger.Headers), StatusCode.NotFound);
        await Refusal.OfAsync(Policies.DeletePolicyAsync(new DeletePolicyRequest { Policy = "p" }, stranger.Headers), StatusCode.NotFound);
    }

    [Fact]
    public async Task Policy_ThatLocksItsAuthorOut_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        var locking = new Policy { Name = "vpn", Effect = Effect.AllowOnlyIf, Permissions = { "auth:*" }, Condition = "context.address = 203.0.113.0/24" };
        Assert.Equal("POLICY_LOCKS_OUT", (await Refusal.OfAsync(CreateCall(administrator, locking), StatusCode.FailedPrecondition)).Reason);

        locking.Disabled = true;
        await CreateAsync(administrator, locking);
        await Refusal.OfAsync(
            Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = new Policy { Name = "vpn" }, UpdateMask = new() { Paths = { "disabled" } } }, administrator.Headers),
            StatusCode.FailedPrecondition);

        locking.Condition = "context.address = 127.0.0.0/8";
        await Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = locking, UpdateMask = new() { Paths = { "condition" } } }, administrator.Headers);
        await Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = new Policy { Name = "vpn" }, UpdateMask = new() { Paths = { "disabled" } } }, administrator.Headers);
        await Policies.ListPoliciesAsync(new ListPoliciesRequest(), administrator.Headers);

        // From elsewhere not even the policies can be edited: that is what it is for.
        var elsewhere = administrator.Headers;
        elsewhere.Add("x-forwarded-for", "198.51.100.1");
        var refused = await Refusal.OfAsync(Policies.DeletePolicyAsync(new DeletePolicyRequest { Policy = "vpn" }, elsewhere), StatusCode.PermissionDenied);
        Assert.Equal("POLICY_DENIED", refused.Reason);
        Assert.Equal("vpn", refused.Info!.Metadata["policy"]);
    }

    [Fact]
    public async Task Policies_AreBoundedInNumberAndSize()
    {
        var administrator = await fixture.RegisterAsync();
        var organisation = await fixture.AskAsync<string>("select organisation from users where id = @Id", new { administrator.Id });
        await fixture.AskAsync<int>(
            """
            with added as (
                insert into policies (organisation, name, effect, permissions, roles, condition, time_zone, disabled)
                select @organisation, 'p' || n, 1, '{x}', '{}', 'user.id = x', '', false from generate_series(1, @count) n returning 1)
            select count(*)::int from added
            """,
            new { organisation, count = PolicyAdministration.MaxPolicies - 1 });

        await CreateAsync(administrator, Deny("last"));
        Assert.Equal("TOO_MANY_POLICIES", (await Refusal.OfAsync(CreateCall(administrator, Deny("beyond")), StatusCode.FailedPrecondition)).Reason);

        await fixture.AskAsync<int>(
            "with changed as (update policies set condition = 'user.id = ' || repeat('x', 1400) where organisation = @organisation returning 1) select count(*)::int from changed", new { organisation });
        var longer = new UpdatePolicyRequest { Policy = new Policy { Name = "p1", Description = "longer" } };
        Assert.Equal("TOO_MANY_POLICIES", (await Refusal.OfAsync(Policies.UpdatePolicyAsync(longer, administrator.Headers), StatusCode.FailedPrecondition)).Reason);
    }

    [Fact]
    public async Task Policies_AsJson_AreAResource()
    {
        var administrator = await fixture.RegisterAsync();
        const string Body = """{"name":"night","effect":"DENY","permissions":["data:delete:*"],"condition":"context.time < 06:00","timeZone":"Europe/Berlin"}""";

        var created = await SendAsync(HttpMethod.Post, "/api/auth/policies", Body);
        Assert.Equal("DENY", created["effect"]!.GetValue<string>());
        Assert.Equal("night", (await SendAsync(HttpMethod.Get, "/api/auth/policies", null))["policies"]![0]!["name"]!.GetValue<string>());
        Assert.Equal("later", (await SendAsync(HttpMethod.Patch, "/api/auth/policies/night?updateMask=description", """{"description":"later"}"""))["description"]!.GetValue<string>());
        var stale = await SendAsync(HttpMethod.Delete, $"/api/auth/policies/night?etag={created["etag"]}", null, HttpStatusCode.Conflict);
        Assert.Contains("ETAG_MISMATCH", stale.ToJsonString(), StringComparison.Ordinal);
        await SendAsync(HttpMethod.Delete, "/api/auth/policies/night", null);
        await SendAsync(HttpMethod.Get, "/api/auth/policies/night", null, HttpStatusCode.NotFound);

        async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body, HttpStatusCode expected = HttpStatusCode.OK)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Add("Authorization", $"Bearer {administrator.Tokens.AccessToken}");
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await fixture.Service.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == expected, $"{response.StatusCode}: {text}");
            return JsonNode.Parse(text)!;
        }
    }

    private static Policy Deny(string name) => new() { Name = name, Effect = Effect.Deny, Permissions = { "data:delete:*" }, Condition = "context.weekday = sunday" };

    private AsyncUnaryCall<Policy> CreateCall(Person caller, Policy policy) => Policies.CreatePolicyAsync(new CreatePolicyRequest { Policy = policy }, caller.Headers);

    private async Task<Policy> CreateAsync(Person caller, Policy policy) => await CreateCall(caller, policy);
}
