namespace AiMesh.Gateway.Limits;

/// <summary>Finds every limit that is out of range, not only the first.</summary>
internal static class LimitOptionsValidator
{
    private const int Max = 1_000_000;

    public static IEnumerable<string> Check(LimitGroups groups)
    {
        (string Key, LimitOptions Limit)[] limits =
        [
            ("Default", groups.Default), ("Ai", groups.Ai), ("SignIn", groups.SignIn), ("Ingest", groups.Ingest),
            ("Address", groups.Address), ("Credential", groups.Credential), ("Tiers:Free", groups.Tiers.Free),
            ("Tiers:Starter", groups.Tiers.Starter), ("Tiers:Professional", groups.Tiers.Professional), ("Tiers:Enterprise", groups.Tiers.Enterprise),
        ];
        foreach (var (key, limit) in limits)
        {
            if (limit.PermitsPerSecond is < 1 or > Max)
                yield return $"Limits:{key}:PermitsPerSecond must lie between 1 and 1,000,000.";
            if (limit.Burst is < 1 or > Max)
                yield return $"Limits:{key}:Burst must lie between 1 and 1,000,000.";
        }

        if (groups.Shared.Timeout < TimeSpan.FromMilliseconds(1) || groups.Shared.Timeout > TimeSpan.FromSeconds(1))
            yield return "Limits:Shared:Timeout must lie between 1 ms and 1 s.";
        if (groups.Shared.RetryInterval < TimeSpan.FromMilliseconds(10) || groups.Shared.RetryInterval > TimeSpan.FromSeconds(10))
            yield return "Limits:Shared:RetryInterval must lie between 10 ms and 10 s.";
    }
}
