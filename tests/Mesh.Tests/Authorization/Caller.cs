namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>A credential, as it is sent.</summary>
/// <param name="Name">The column of who-may-call.md, or what is wrong with the credential.</param>
/// <param name="Header">"authorization" or "x-api-key"; null: none.</param>
/// <param name="Value">The header's value.</param>
public sealed record Caller(string Name, string? Header = null, string? Value = null)
{
    public static Caller WithToken(string name, string token) => new(name, "authorization", $"Bearer {token}");

    public static Caller WithKey(string name, string key) => new(name, "x-api-key", key);

    public static Caller WithDevice(string name, string credential) => new(name, "authorization", $"Device {credential}");

    /// <summary>API keys are known at the gateway only; services take access tokens.</summary>
    public bool EndsAtTheGateway => Header == "x-api-key";
}
