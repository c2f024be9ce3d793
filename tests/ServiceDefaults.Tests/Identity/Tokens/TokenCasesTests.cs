using System.Text.Json;
using System.Text.Json.Serialization;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

/// <summary>The table in token-cases.json: examples and attacks of RFC 7515, 7519 and 8725, each with what the verifier says to it.</summary>
public sealed class TokenCasesTests : IDisposable
{
    private const string Accepted = "Accepted";

    private static readonly Dictionary<string, TokenCase> Cases = Read();

    private readonly TokenBench _bench = new();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Verify_OfTheCase_SaysWhatTheTableSays(string name)
    {
        var found = Cases[name];
        var outcome = await _bench.VerifyAsync(found.Token ?? _bench.Sign(found.Header ?? TokenBench.Header, PayloadOf(found)));
        Assert.Equal(found.Expect, outcome is TokenRejected rejected ? $"{rejected.Reason}" : Accepted);
        if (outcome is VerifiedToken verified) Assert.Equal(("alice", "demo", "ai:ask"), (verified.Claims.Subject, verified.Claims.Organisation, Assert.Single(verified.Claims.Permissions.Patterns)));
    }

    public void Dispose() => _bench.Dispose();

    private string PayloadOf(TokenCase found)
    {
        if (found.Payload is not null) return found.Payload;
        if (found.Replace is not [var old, var other]) return _bench.Payload;
        Assert.Contains(old, _bench.Payload, StringComparison.Ordinal);
        return _bench.Payload.Replace(old, other, StringComparison.Ordinal);
    }

    private static Dictionary<string, TokenCase> Read()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Identity", "Tokens", "token-cases.json"));
        return JsonSerializer.Deserialize<TokenCaseFile>(file)!.Cases.ToDictionary(static found => found.Name, StringComparer.Ordinal);
    }

    private sealed record TokenCaseFile([property: JsonPropertyName("cases")] TokenCase[] Cases);

    private sealed record TokenCase
    {
        [JsonPropertyName("name")]
        public required string Name { get; init; }

        [JsonPropertyName("expect")]
        public required string Expect { get; init; }

        [JsonPropertyName("token")]
        public string? Token { get; init; }

        [JsonPropertyName("header")]
        public string? Header { get; init; }

        [JsonPropertyName("payload")]
        public string? Payload { get; init; }

        [JsonPropertyName("replace")]
        public string[]? Replace { get; init; }
    }
}
