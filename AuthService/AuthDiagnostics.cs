using System.Diagnostics.Metrics;
using AiMesh.AuthService.Clients;
using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Telemetry;

namespace AiMesh.AuthService;

/// <summary>What this service tells of itself beyond requests and statements.</summary>
internal static class AuthDiagnostics
{
    private static readonly MeshDiagnostics Diagnostics = new("AuthService");

    private static readonly Counter<long> SignIns = Diagnostics.Meter.CreateCounter<long>(
        "aimesh.auth.sign_ins", "{sign_in}", "Attempts to sign in, by outcome.");

    private static readonly Counter<long> Refreshes = Diagnostics.Meter.CreateCounter<long>(
        "aimesh.auth.refreshes", "{refresh}", "Exchanges of refresh tokens, by outcome.");

    private static readonly Counter<long> Exchanges = Diagnostics.Meter.CreateCounter<long>(
        "aimesh.auth.api_key_exchanges", "{exchange}", "Exchanges of API keys for access tokens, by outcome.");

    private static readonly Counter<long> ClientGrants = Diagnostics.Meter.CreateCounter<long>(
        "aimesh.auth.client_grants", "{grant}", "Access tokens asked for by client credentials, by outcome.");

    private static readonly Counter<long> Reuses = Diagnostics.Meter.CreateCounter<long>(
        "aimesh.auth.refresh_reuses", "{session}", "Sessions ended because a spent refresh token was used again.");

    private static readonly Histogram<double> HashDuration = Diagnostics.Meter.CreateHistogram<double>(
        "aimesh.auth.password.hash.duration", "s", "Time to hash a password once its turn has come, by algorithm.");

    public static Result<T> CountSignIn<T>(Result<T> outcome) => Count(SignIns, outcome);

    public static Result<T> CountRefresh<T>(Result<T> outcome) => Count(Refreshes, outcome);

    public static Result<T> CountExchange<T>(Result<T> outcome) => Count(Exchanges, outcome);

    public static Result<(IssuedToken? Token, OAuthError? Refusal)> CountClientGrant(Result<(IssuedToken? Token, OAuthError? Refusal)> outcome)
    {
        var name = outcome.IsOk ? outcome.Value.Refusal?.Error ?? "ok" : outcome.Error.Reason;
        ClientGrants.Add(1, new KeyValuePair<string, object?>("outcome", name));
        return outcome;
    }

    public static void CountReuse() => Reuses.Add(1);

    public static void RecordHash(TimeSpan duration, string algorithm) =>
        HashDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("algorithm", algorithm));

    private static Result<T> Count<T>(Counter<long> counter, Result<T> outcome)
    {
        counter.Add(1, new KeyValuePair<string, object?>("outcome", outcome.IsOk ? "ok" : outcome.Error.Reason));
        return outcome;
    }
}
