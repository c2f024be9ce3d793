using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using Yarp.ReverseProxy.Model;

namespace AiMesh.Gateway.Limits;

/// <summary>The configured limits, ready to be applied: which buckets a request is counted in.</summary>
internal sealed class LimitPlan(LimitGroups groups)
{
    private readonly LimitPolicy[] _groups =
    [
        new("default", groups.Default), new("ai", groups.Ai), new("sign-in", groups.SignIn), new("ingest", groups.Ingest),
    ];

    private readonly LimitPolicy[] _tiers =
    [
        new("organisation", groups.Tiers.Free), new("organisation", groups.Tiers.Starter),
        new("organisation", groups.Tiers.Professional), new("organisation", groups.Tiers.Enterprise),
    ];

    private readonly LimitPolicy _address = new("address", groups.Address);
    private readonly LimitPolicy _credential = new("credential", groups.Credential);

    // A verified token keeps its principal, so the names of its buckets are put together once and not for each request.
    private readonly ConditionalWeakTable<Principal, CallerBuckets> _callers = [];

    public LimitGroups Limits => groups;

    public LimitBucket[] BucketsOf(HttpContext context)
    {
        // As the credential says: policies do not change who is counted, and would make it another object for each request.
        var principal = context.User.GetPrincipal();
        var group = GroupOf(context.GetEndpoint());
        var address = AddressOf(context.Connection.RemoteIpAddress);
        var byAddress = new LimitBucket($"address:{address}", _address);
        // A device credential is not verified yet, so its word must not choose the bucket.
        if (principal.Kind is PrincipalKind.Anonymous or PrincipalKind.Device)
            return [new($"{_groups[(int)group].Name}:{address}", _groups[(int)group]), byAddress];

        var caller = _callers.GetValue(principal, BucketsOf);
        return caller.Credential is { } credential
            ? [caller.Groups[(int)group], byAddress, caller.Organisation, credential]
            : [caller.Groups[(int)group], byAddress, caller.Organisation];
    }

    private CallerBuckets BucketsOf(Principal principal) => new(
        [.. _groups.Select(group => new LimitBucket($"{group.Name}:{principal.Organisation}/{principal.Subject}", group))],
        new LimitBucket($"organisation:{principal.Organisation}", TierOf(principal.Tier)),
        principal.Kind is PrincipalKind.ApiKey or PrincipalKind.Client
            ? new LimitBucket($"credential:{principal.Organisation}/{CredentialOf(principal)}", CredentialPolicyOf(principal))
            : null);

    private static string CredentialOf(Principal principal) => principal.SessionId.Length > 0 ? principal.SessionId : principal.Subject;

    /// <summary>A key may bring a limit of its own, which can only be stricter.</summary>
    private LimitPolicy CredentialPolicyOf(Principal principal) =>
        principal.RequestsPerMinute is { } requests && requests < 60 * groups.Credential.PermitsPerSecond ? LimitPolicy.PerMinute("credential", requests) : _credential;

    private LimitPolicy TierOf(Tier tier) => _tiers[Math.Clamp((int)tier - 1, 0, _tiers.Length - 1)];

    private static LimitGroup GroupOf(Endpoint? endpoint)
    {
        if (endpoint?.Metadata.GetMetadata<LimitGroupMetadata>() is { } own)
            return own.Group;
        var configured = endpoint?.Metadata.GetMetadata<RouteModel>()?.Config.Metadata?.GetValueOrDefault("Limit");
        return Enum.TryParse<LimitGroup>(configured, out var group) ? group : LimitGroup.Default;
    }

    /// <summary>An IPv6 host chooses among 2^64 addresses of its network at will, so the network is what counts.</summary>
    private static string AddressOf(IPAddress? address)
    {
        if (address is null)
            return "unknown";
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes).ToString();
    }

    private sealed record CallerBuckets(LimitBucket[] Groups, LimitBucket Organisation, LimitBucket? Credential);
}

/// <summary>Puts a hand-written endpoint into a group.</summary>
internal sealed record LimitGroupMetadata(LimitGroup Group);
