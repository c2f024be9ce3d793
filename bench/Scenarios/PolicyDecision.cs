using System.Diagnostics;
using System.Globalization;
using System.Net;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// What policies add to the question whether a caller may do something, in an organisation that has 50 of them: where none is about the permission (ours, against
/// roles alone), and where two are and are evaluated (in the time).
/// </summary>
internal sealed class PolicyDecision : IScenario
{
    private const int Decisions = 2_000_000;
    private const int Rounds = 7;
    private const double Target = 0.2;

    public string Name => "policy-decision";

    public string Description => "roles and policies against roles alone, a decision in the process";

    public Task<ScenarioResult> RunAsync()
    {
        var policies = new AccessPolicies(TimeProvider.System, NullLogger<AccessPolicies>.Instance);
        policies.Apply(0, new AccessPolicyDocument(1, More: false, [new PolicySet("demo", [.. Enumerable.Range(0, 48).Select(Other), .. Targeting()])]));
        var byRoles = new Principal
        {
            Kind = PrincipalKind.User,
            Subject = "alice",
            Organisation = "demo",
            TokenId = "t",
            Tier = Tier.Free,
            Roles = ["member"],
            Permissions = PermissionSet.Create("ai:ask", "data:list", "data:read:*", "data:delete:*"),
        };
        var narrowed = policies.Bind(byRoles, IPAddress.Parse("192.0.2.7"));

        var rounds = Enumerable.Range(0, Rounds + 2)
            .Select(_ => (Roles: Measure(byRoles, "data:read:surveys"), Untargeted: Measure(narrowed, "data:read:surveys"), Targeted: Measure(narrowed, "data:delete:surveys")))
            .Skip(2).ToArray();
        var ratio = Median(rounds.Select(static round => round.Roles / round.Untargeted));
        return Task.FromResult(new ScenarioResult(
            string.Create(CultureInfo.InvariantCulture, $"{Median(rounds.Select(static round => round.Untargeted)):0} ns"),
            string.Create(CultureInfo.InvariantCulture, $"{Median(rounds.Select(static round => round.Roles)):0} ns"),
            string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00}; two evaluated: {Median(rounds.Select(static round => round.Targeted)):0} ns"),
            string.Create(CultureInfo.InvariantCulture, $">= {Target:0.0}"), ratio >= Target));
    }

    private static AccessPolicy Other(int number) => new()
    {
        Name = $"other-{number}",
        Effect = AccessPolicyEffect.AllowOnlyIf,
        Permissions = [number % 2 == 0 ? $"iot:read:device-{number}" : $"ai:use_model_{number}"],
        Condition = "user.attributes.region = EU",
    };

    private static AccessPolicy[] Targeting() =>
    [
        new() { Name = "office", Effect = AccessPolicyEffect.AllowOnlyIf, Permissions = ["data:delete:*"], Condition = "context.address = 192.0.2.0/24", TimeZone = "Europe/Berlin" },
        new() { Name = "never", Effect = AccessPolicyEffect.Deny, Permissions = ["data:delete:*"], Condition = "context.date < 2000-01-01 OR user.kind = api_key" },
    ];

    private static double Measure(Principal principal, string permission)
    {
        var clock = Stopwatch.GetTimestamp();
        for (var i = 0; i < Decisions; i++)
            if (!principal.Allows(permission)) throw new InvalidOperationException("Wrong answer.");
        return Stopwatch.GetElapsedTime(clock).TotalNanoseconds / Decisions;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
