using System.Buffers.Text;
using System.Text.Json;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>Roles in a token, unverified: enough for a server that is part of a test.</summary>
internal static class TokenPeek
{
    public static IEnumerable<string> Roles(string authorization)
    {
        if (authorization.Split('.') is not [_, var payload, _]) return [];
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
        return [.. claims.RootElement.GetProperty("roles").EnumerateArray().Select(r => r.GetString()!)];
    }
}
