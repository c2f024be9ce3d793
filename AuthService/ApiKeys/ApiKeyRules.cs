using AiMesh.Auth.V1;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Sessions;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>What the contract says of a key's fields.</summary>
internal static class ApiKeyRules
{
    public const int MaxKeysOfAPerson = 100;

    private const int MaxDisplayNameLength = 100;
    private const int MaxScopes = 50;
    private const int MaxRequestsPerMinute = 1_000_000;

    /// <summary>The latest moment that PostgreSQL and JWT both can say.</summary>
    private static readonly DateTimeOffset LatestExpiry = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Checks the fields and brings the name and the scopes into their normal form.</summary>
    public static void Check(FieldChecks checks, ApiKey key, DateTimeOffset now)
    {
        key.DisplayName = checks.Line("api_key.display_name", key.DisplayName, MaxDisplayNameLength, required: true);
        if (key.Scopes.Count is 0 or > MaxScopes) checks.Fail("api_key.scopes", $"must be 1 to {MaxScopes}");
        RoleRules.CheckPatterns(checks, "api_key.scopes", key.Scopes);
        if (!TokenSpace.Fits("", "", [], key.Scopes, []))
            checks.Fail("api_key.scopes", $"must take at most {TokenSpace.Bytes} bytes in an access token");
        if (key.RequestsPerMinute is < 0 or > MaxRequestsPerMinute)
            checks.Fail("api_key.requests_per_minute", $"must be 1 to {MaxRequestsPerMinute}, or 0 for no limit of its own");
        if (key.ExpireTime is { } expiry && !IsExpiry(expiry.Seconds, now))
            checks.Fail("api_key.expire_time", "must lie in the future, and before the year 9999");

        var scopes = key.Scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        key.Scopes.Clear();
        key.Scopes.Add(scopes);
    }

    private static bool IsExpiry(long seconds, DateTimeOffset now) => seconds > now.ToUnixTimeSeconds() && seconds < LatestExpiry.ToUnixTimeSeconds();
}
