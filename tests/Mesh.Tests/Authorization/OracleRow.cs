namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>One line of who-may-call.md.</summary>
/// <param name="Call">"auth.Users/GetUser", or "GET /health" for what has no RPC.</param>
/// <param name="Routes">"GET /api/auth/users/{user}", one for each binding.</param>
/// <param name="May">For each column of callers what stands in it.</param>
/// <param name="Names">Paths of request fields that name things of an organisation, with the kind of thing.</param>
public sealed record OracleRow(
    string Call, IReadOnlyList<string> Routes, IReadOnlyDictionary<string, Verdict> May, IReadOnlyList<NamingField> Names);

/// <param name="Path">"user.id".</param>
/// <param name="Kind">"user".</param>
public sealed record NamingField(string Path, string Kind);

public enum Verdict
{
    Refused,
    Allowed,

    /// <summary>Allowed to the gateway alone.</summary>
    Inside,
}
