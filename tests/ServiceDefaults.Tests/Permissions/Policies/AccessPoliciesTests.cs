using System.Net;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.Extensions.Logging.Abstractions;
using static AiMesh.ServiceDefaults.Permissions.Policies.AccessPolicyEffect;
using static AiMesh.ServiceDefaults.Tests.Permissions.Policies.Calls;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

public sealed class AccessPoliciesTests
{
    private readonly ManualTime _time = new(Noon);
    private readonly AccessPolicies _policies;

    public AccessPoliciesTests() => _policies = new AccessPolicies(_time, NullLogger<AccessPolicies>.Instance);

    [Fact]
    public void Allows_BeforePoliciesWereLoaded_IsFalse()
    {
        var bound = Bind(Alice);

        Assert.False(bound.Allows("data:list"));
        Assert.IsType<Unavailable>(bound.Guard!.Check("data:list"));
        Load();
        Assert.True(bound.Allows("data:list"));
    }

    [Fact]
    public void Loaded_NotBeforeTheLastOfSeveralAnswers()
    {
        _policies.Apply(0, new AccessPolicyDocument(1, More: true, [new PolicySet("demo", [Rule("", Deny)])]));
        Assert.False(_policies.Loaded.IsCompleted);
        Assert.Null(_policies.Age);

        _policies.Apply(1, new AccessPolicyDocument(2, More: false, [new PolicySet("other", [Rule("", Deny)])]));
        Assert.True(_policies.Loaded.IsCompleted);
        Assert.False(Bind(Alice).Allows("data:list"));
        Assert.False(Bind(Alice with { Organisation = "other" }).Allows("data:list"));
        Assert.True(Bind(Alice with { Organisation = "third" }).Allows("data:list"));
    }

    [Fact]
    public void Allows_WhenNobodyConfirmedThePoliciesForLong_IsFalse()
    {
        Load(new PolicySet("demo", [Rule("user.id = alice")]));
        Assert.True(Bind(Alice).Allows("data:list"));

        _time.Advance(AccessPolicies.MaxAge);
        Assert.True(Bind(Alice).Allows("data:list"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Bind(Alice).Allows("data:list"));
        Assert.False(Bind(Alice with { Organisation = "without" }).Allows("data:list"));

        _policies.Apply(1, new AccessPolicyDocument(1, More: false, []));
        Assert.True(Bind(Alice).Allows("data:list"));
    }

    [Fact]
    public void Apply_OfAChange_ConcernsItsOrganisationAlone()
    {
        Load(new PolicySet("demo", [Rule("", Deny)]), new PolicySet("other", [Rule("", Deny)]));

        _policies.Apply(1, new AccessPolicyDocument(2, More: false, [new PolicySet("demo", [])]));

        Assert.True(Bind(Alice).Allows("data:list"));
        Assert.Null(Bind(Alice).Guard);
        Assert.False(Bind(Alice with { Organisation = "other" }).Allows("data:list"));
    }

    [Fact]
    public void Apply_FromTheBeginning_ForgetsWhatWasKnown()
    {
        Load(new PolicySet("demo", [Rule("", Deny)]));

        _policies.Apply(0, new AccessPolicyDocument(1, More: true, [new PolicySet("other", [Rule("", Deny)])]));
        Assert.False(Bind(Alice).Allows("data:list"));
        _policies.Apply(1, new AccessPolicyDocument(2, More: false, []));

        Assert.True(Bind(Alice).Allows("data:list"));
        Assert.False(Bind(Alice with { Organisation = "other" }).Allows("data:list"));
    }

    [Fact]
    public void Allows_WithSeveralPolicies_OnlyWhereAllLetPass()
    {
        Load(new PolicySet("demo", [Rule("user.id = alice", name: "a"), Rule("user.id = alice", Deny, "data:delete:* ai:*", "b"), Rule("", Deny, "*:*:secret", "c")]));
        var alice = Bind(Alice with { Permissions = PermissionSet.Create("*") });

        Assert.True(alice.Allows("data:read:surveys"));
        Assert.False(alice.Allows("data:delete:surveys"));
        Assert.False(alice.Allows("data:read:secret"));
        Assert.False(alice.Allows("iot:read:secret"));
        Assert.True(alice.Allows("iot:read:pump"));
        Assert.False(alice.Allows("ai:ask"));
        Assert.False(alice.Allows("*"));
    }

    [Fact]
    public void Check_NamesThePolicyToThoseWhoMayReadPolicies()
    {
        Load(new PolicySet("demo", [Rule("", Deny, "data:delete:*", "night")]));

        var refused = Assert.IsType<DeniedByPolicy>(Bind(Alice).Guard!.Check("data:delete:x"));
        Assert.Equal("POLICY_DENIED", refused.Reason);
        Assert.DoesNotContain("night", refused.ToString(), StringComparison.Ordinal);
        var told = Assert.IsType<DeniedByPolicy>(Bind(Alice with { Permissions = PermissionSet.Create("*") }).Guard!.Check("data:delete:x"));
        Assert.Equal("night", told.Metadata["policy"]);
    }

    [Fact]
    public void Allows_OfWhatServicesAskOfEachOther_IsNoBusinessOfPolicies()
    {
        Load(new PolicySet("demo", [Rule("", Deny, "*")]));
        var service = Bind(Alice with { Kind = PrincipalKind.Client, Permissions = PermissionSet.Create("mesh:personal_data:erase", "data:list") });
        Assert.True(service.Allows("mesh:personal_data:erase"));
        Assert.False(service.Allows("data:list"));
    }

    [Fact]
    public void Bind_OfADeviceOrNobody_ChangesNothing()
    {
        Load(new PolicySet("demo", [Rule("", Deny, "*")]));
        var device = Alice with { Kind = PrincipalKind.Device };
        Assert.Same(device, Bind(device));
        Assert.Same(Principal.Anonymous, Bind(Principal.Anonymous));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Allows_WithRandomPolicies_IsWhatRolesAndEachPolicyAllow_NeverMore(int seed)
    {
        var random = new RandomAccess(seed);
        var (granted, narrowed) = (0, 0);
        for (var i = 0; i < 1500; i++)
        {
            AccessPolicy[] policies = [.. Enumerable.Range(0, i % 6).Select(random.Rule)];
            _policies.Apply(0, new AccessPolicyDocument(1, More: false, policies.Length == 0 ? [] : [new PolicySet("demo", [.. policies])]));
            var (caller, address, permission) = (random.Caller(), random.Address(), random.Pattern());

            var byRoles = caller.Permissions.Allows(permission);
            var allowed = _policies.Bind(caller, address).Allows(permission);

            var request = new AccessRequest(caller, permission, address, Noon);
            var byPolicies = policies.Select(static policy => CompiledAccessPolicy.Compile(policy).Value).All(policy => !policy.Targets(permission, caller) || policy.Passes(request));
            Assert.Equal(byRoles && byPolicies, allowed);
            granted += byRoles ? 1 : 0;
            narrowed += byRoles && !allowed ? 1 : 0;
        }

        // Otherwise it would say little.
        Assert.InRange(granted, 100, 1400);
        Assert.InRange(narrowed, granted / 10, granted * 9 / 10);
    }

    [Fact]
    public void Check_WhereNoPolicyTargetsThePermission_AllocatesNothing()
    {
        Load(new PolicySet("demo", [Rule("user.id = alice", permissions: "data:delete:*"), Rule("user.id = bob", permissions: "ai:*", name: "q")]));
        var guard = Bind(Alice).Guard!;
        Assert.Null(guard.Check("data:read:surveys"));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) guard.Check("data:read:surveys");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
    }

    private void Load(params PolicySet[] sets) => _policies.Apply(0, new AccessPolicyDocument(1, More: false, [.. sets]));

    private Principal Bind(Principal principal) => _policies.Bind(principal, IPAddress.Loopback);
}
