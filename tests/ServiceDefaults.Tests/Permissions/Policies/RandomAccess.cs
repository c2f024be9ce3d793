using System.Collections.Immutable;
using System.Net;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

/// <summary>Policies, callers and calls out of few values, so that they meet often.</summary>
internal sealed class RandomAccess(int seed)
{
    private static readonly string[] Segments = ["data", "ai", "read", "delete", "surveys", "movies", "*"];

    private static readonly string[] Comparisons =
    [
        "user.id = alice", "user.roles:member", "user.attributes.region = EU", "user.attributes.region != EU", "user.attributes.region:*", "user.kind = api_key",
        "user.attributes.team = user.attributes.region", "resource.name = surveys", "resource.type = dataset", "action = \"data:*\"", "context.time < 12:00",
        "context.weekday = saturday", "context.address = 10.0.0.0/8", "context.address != 10.0.0.0/8", "context.authentication_age < 600", "context.date > 2026-11-18",
    ];

    private readonly Random _random = new(seed);

    public AccessPolicy Rule(int number) => Calls.Rule(
        Condition(2), Pick(AccessPolicyEffect.Deny, AccessPolicyEffect.AllowOnlyIf), string.Join(' ', Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Pattern())),
        $"p{number}", Pick("", "Europe/Berlin"), _random.Next(3) == 0 ? [Pick("member", "guest")] : []);

    public Principal Caller()
    {
        var attributes = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (_random.Next(2) == 0) attributes.Add("region", Pick("EU", "US"));
        if (_random.Next(2) == 0) attributes.Add("team", Pick("EU", "x"));
        return Calls.Alice with
        {
            Subject = Pick("alice", "bob"),
            Kind = Pick(PrincipalKind.User, PrincipalKind.ApiKey, PrincipalKind.Client),
            Roles = [Pick("member", "guest", "admin")],
            Permissions = PermissionSet.Create(Enumerable.Range(0, _random.Next(5)).Select(_ => Pattern())),
            Attributes = attributes.ToImmutable(),
            AuthenticatedAt = _random.Next(2) == 0 ? null : Calls.Noon.AddSeconds(-_random.Next(1200)),
        };
    }

    public IPAddress? Address() => Pick(null, "10.1.2.3", "192.0.2.1", "2001:db8::1") is { } text ? IPAddress.Parse(text) : null;

    public string Pattern() => string.Join(':', Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Pick(Segments)));

    private string Condition(int depth) => (depth > 0 ? _random.Next(4) : 3) switch
    {
        0 => $"({Condition(depth - 1)} AND {Condition(depth - 1)})",
        1 => $"({Condition(depth - 1)} OR {Condition(depth - 1)})",
        2 => $"NOT ({Condition(depth - 1)})",
        _ => Pick(Comparisons),
    };

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
