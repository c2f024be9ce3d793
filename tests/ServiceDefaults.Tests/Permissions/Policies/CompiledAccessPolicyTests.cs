using AiMesh.ServiceDefaults.Permissions.Policies;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.Tests.Policy;
using static AiMesh.ServiceDefaults.Permissions.Policies.AccessPolicyEffect;
using static AiMesh.ServiceDefaults.Tests.Permissions.Policies.Calls;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

public sealed class CompiledAccessPolicyTests
{
    [Theory]
    [InlineData("region = EU", 1, "unknown field 'region'")]
    [InlineData("user.clearance = 1", 1, "unknown field 'user.clearance'")]
    [InlineData("user.attributes.Region = EU", 1, "unknown field 'user.attributes.Region'")]
    [InlineData("row.owner = user.id", 1, "unknown field 'row.owner'")]
    [InlineData("user.id = alice AND context.mfa = true", 21, "unknown field 'context.mfa'")]
    [InlineData("user.id = row.owner", 11, "unknown attribute 'row.owner'; quote it where text is meant")]
    [InlineData("resource.name = context.date", 17, "only attributes of the user can stand here: write 'context.date' on the left, or quote it where text is meant")]
    [InlineData("context.time > noon", 16, "field 'context.time' is a time of day (18:00), 'noon' is not")]
    [InlineData("context.time < 24:00", 16, "field 'context.time' is a time of day (18:00), '24:00' is not")]
    [InlineData("context.time = user.attributes.start", 16, "field 'context.time' is a time of day (18:00), user.attributes.start is text")]
    [InlineData("context.weekday = Monday", 19, "'context.weekday' is one of monday, tuesday, wednesday, thursday, friday, saturday, sunday, 'Monday' is not")]
    [InlineData("context.weekday > monday", 19, "'context.weekday' has no order and no parts: use = or !=")]
    [InlineData("user.kind = \"api*\"", 13, "'user.kind' is one of user, api_key, client, 'api' is not")]
    [InlineData("user.tier:F", 11, "'user.tier' has no order and no parts: use = or !=")]
    [InlineData("user.roles = admin", 1, "field 'user.roles' is a list of strings: use ':'")]
    [InlineData("context.authentication_age < 1h", 30, "field 'context.authentication_age' is a 64-bit integer, '1h' is not")]
    [InlineData("context.address < 10.0.0.0/8", 1, "'context.address' is an address: use =, != or ':'")]
    [InlineData("context.address = 10.0.0.1/8", 19, "'context.address' is an address or range (192.0.2.0/24, 2001:db8::/32), '10.0.0.1/8' is not")]
    [InlineData("context.address = 10.1", 19, "'context.address' is an address or range (192.0.2.0/24, 2001:db8::/32), '10.1' is not")]
    [InlineData("context.address = 010.0.0.1", 19, "'context.address' is an address or range (192.0.2.0/24, 2001:db8::/32), '010.0.0.1' is not")]
    [InlineData("context.address = 10.0.0.0/33", 19, "'context.address' is an address or range (192.0.2.0/24, 2001:db8::/32), '10.0.0.0/33' is not")]
    [InlineData("context.address = fe80::1%eth0", 19, "'context.address' is an address or range (192.0.2.0/24, 2001:db8::/32), 'fe80::1%eth0' is not")]
    [InlineData("context.address = user.attributes.office", 19, "'context.address' is an address or range (192.0.2.0/24, 2001:db8::/32), 'user.attributes.office' is not")]
    [InlineData("user.id =", 10, "expected a value after =")]
    public void Compile_OfAWrongCondition_NamesFieldAndPosition(string condition, int position, string message)
    {
        var error = CompiledAccessPolicy.Compile(Rule(condition)).Error;
        var violation = Assert.Single(error.Violations);
        Assert.Equal("policy.condition", violation.Field);
        Assert.Equal($"position {position}: {message}", violation.Description);
    }

    [Fact]
    public void Compile_OfTooMuch_IsRefused()
    {
        AssertCondition($"user.id = {new string('x', PolicyParser.MaxLength)}", "longer than 4000 characters");
        AssertCondition(new string('(', 40) + "user.id = x" + new string(')', 40), "more than 32 levels");
        AssertCondition(string.Join(" OR ", Enumerable.Repeat("user.id = x", 101)), "more than 100 comparisons");

        static void AssertCondition(string condition, string problem) =>
            Assert.Contains(problem, Assert.Single(CompiledAccessPolicy.Compile(Rule(condition)).Error.Violations).Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_OfAWrongPolicy_NamesEveryField()
    {
        var policy = new AccessPolicy
        {
            Name = "No",
            Effect = Unspecified,
            Permissions = ["data::x", "DATA:*", "ok"],
            Roles = ["a b"],
            Condition = "x = 1 AND y = 2",
            TimeZone = "Europe/Nowhere",
        };

        Assert.Equal(
            ["policy.name", "policy.effect", "policy.permissions[0]", "policy.permissions[1]", "policy.roles[0]", "policy.time_zone", "policy.condition", "policy.condition"],
            CompiledAccessPolicy.Compile(policy).Error.Violations.Select(static violation => violation.Field));
        Assert.Equal("policy.condition", Assert.Single(CompiledAccessPolicy.Compile(Rule(" ")).Error.Violations).Field);
        Assert.Equal("policy.permissions", Assert.Single(CompiledAccessPolicy.Compile(Rule("user.id = x") with { Permissions = [] }).Error.Violations).Field);
        foreach (var zone in (string[])["../etc/passwd", "localtime", "posixrules", "W. Europe Standard Time", "/UTC"])
            Assert.Equal("policy.time_zone", Assert.Single(CompiledAccessPolicy.Compile(Rule("user.id = x", zone: zone)).Error.Violations).Field);
        Assert.True(CompiledAccessPolicy.Compile(Rule("", Deny)).IsOk);
    }

    [Theory]
    [InlineData("user.attributes.region = EU")]
    [InlineData("user.attributes.region != EU")]
    [InlineData("NOT user.attributes.region = EU")]
    [InlineData("user.attributes.region < EU")]
    [InlineData("user.attributes.region:E")]
    [InlineData("user.attributes.region = user.attributes.office")]
    [InlineData("context.address = 10.0.0.0/8")]
    [InlineData("context.address != 10.0.0.0/8")]
    [InlineData("context.authentication_age > 60")]
    [InlineData("context.authentication_age <= 60")]
    [InlineData("resource.name = x OR user.attributes.region = EU")]
    [InlineData("resource.name = surveys AND user.attributes.region = EU")]
    public void Passes_WhereAValueIsNotKnown_NeverLetsPassWithEitherEffect(string condition)
    {
        Assert.False(Passes(condition, Call(), AllowOnlyIf));
        Assert.False(Passes(condition, Call(), Deny));
    }

    [Theory]
    [InlineData("user.attributes.region = EU OR user.id = alice", true)]
    [InlineData("user.attributes.region = EU AND user.id = bob", false)]
    [InlineData("user.attributes.region:*", false)]
    [InlineData("NOT user.attributes.region:*", true)]
    [InlineData("user.attributes.region:* AND user.attributes.region = EU", false)]
    public void Passes_WhereWhatIsKnownDecides_GoesByIt(string condition, bool holds)
    {
        Assert.Equal(holds, Passes(condition, Call(), AllowOnlyIf));
        Assert.Equal(!holds, Passes(condition, Call(), Deny));
    }

    [Theory]
    [InlineData("data:delete:*", "data:delete:surveys", true)]
    [InlineData("data:delete:*", "data:read:surveys", false)]
    [InlineData("data:*", "data:list", true)]
    [InlineData("*", "ai:ask", true)]
    [InlineData("*:*:surveys", "data:read:surveys", true)]
    [InlineData("data:read:surveys", "data:read:*", true)]
    [InlineData("data:read:surveys", "*", true)]
    [InlineData("data:read:surveys", "data:*", true)]
    [InlineData("data:read:surveys", "data:read:movies", false)]
    [InlineData("data:read", "data:read:surveys", false)]
    [InlineData("data:read:surveys", "data:read", false)]
    public void Targets_WhatOverlapsItsPermissions(string pattern, string permission, bool targets) =>
        Assert.Equal(targets, CompiledAccessPolicy.Compile(Rule("user.id = x", permissions: $"x:y {pattern}")).Value.Targets(permission, Alice));

    [Fact]
    public void Targets_WithRoles_ThoseWhoHoldOneOfThem()
    {
        var policy = CompiledAccessPolicy.Compile(Rule("", Deny, roles: ["guest", "member"])).Value;
        Assert.True(policy.Targets("data:list", Alice));
        Assert.False(policy.Targets("data:list", Alice with { Roles = ["admin"] }));
    }

    [Fact]
    public void Load_OfWhatIsNotUnderstood_RefusesWhatItTargets()
    {
        var newer = CompiledAccessPolicy.Load(Rule("context.moon = full", Deny, "data:delete:*"), out var problem);
        Assert.NotNull(problem);
        Assert.False(newer.Passes(Call("data:delete:x")));
        Assert.True(newer.Targets("data:delete:x", Alice));
        Assert.False(newer.Targets("data:read:x", Alice));

        var unreadable = CompiledAccessPolicy.Load(Rule("user.id = x", permissions: "data:%:: data", roles: ["other"]), out _);
        Assert.True(unreadable.Targets("ai:ask", Alice));
        Assert.False(unreadable.Passes(Call("ai:ask")));
    }

    [Fact]
    public void Explain_WithOpenContext_SaysWhetherItMatters()
    {
        static bool IsOpen(string name) => name == "context.address";
        static AccessPolicyOutcome Explain(string condition) => CompiledAccessPolicy.Compile(Rule(condition)).Value.Explain(Call(), IsOpen);

        Assert.Equal(AccessPolicyOutcome.Depends, Explain("context.address = 10.0.0.0/8"));
        Assert.Equal(AccessPolicyOutcome.Depends, Explain("NOT context.address = 10.0.0.0/8 AND user.id = alice"));
        Assert.Equal(AccessPolicyOutcome.Passes, Explain("context.address = 10.0.0.0/8 OR user.id = alice"));
        Assert.Equal(AccessPolicyOutcome.Denies, Explain("context.address = 10.0.0.0/8 AND user.id = bob"));
        Assert.Equal(AccessPolicyOutcome.Denies, Explain("context.authentication_age < 60"));
    }

    [Fact]
    public void Compile_OfRandomRules_DecidesAsTheEvaluatorDoes()
    {
        var random = new RandomPolicies(11);
        for (var i = 0; i < 3000; i++)
        {
            var text = random.Rule();
            var rule = PolicyParser.Parse(text, PolicySchema.ForRule(RandomPolicies.Fields)).Expression!;
            var caller = random.Caller();
            var compiled = PolicyCompiler.Compile<PolicyRow>(rule, operand => operand switch
            {
                FieldOperand field => row => row.Values.GetValueOrDefault(field.Name),
                AttributeOperand { Source: AttributeSource.RowOwner } => static row => row.Owner,
                AttributeOperand attribute => _ => caller.Value(attribute),
                _ => throw new InvalidOperationException(),
            });
            var row = random.Row();
            Assert.True(PolicyEvaluator.Matches(rule, row, caller) == compiled(row), text);
        }
    }
}
