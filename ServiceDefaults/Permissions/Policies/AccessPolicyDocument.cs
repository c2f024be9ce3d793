using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>What the authority answers to <c>GET /internal/access-policies?after=…</c>.</summary>
/// <param name="Sequence">The number of the last change that exists or, where the answer was cut, of the last one in it.</param>
/// <param name="More">The answer was cut: ask again with <paramref name="Sequence"/>.</param>
/// <param name="Organisations">Those whose policies changed after the number that was asked for, oldest change first, each with all its policies in force.</param>
public sealed record AccessPolicyDocument(long Sequence, bool More, ImmutableArray<PolicySet> Organisations)
{
    /// <summary>Where the authority serves this document, to services of the mesh only; the gateway has no route to it.</summary>
    public const string Path = "/internal/access-policies";

    /// <summary>The largest document that is read, in bytes.</summary>
    public const int MaxLength = 8 * 1024 * 1024;

    /// <summary>The document as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AccessPolicyJson.Default.AccessPolicyDocument);

    /// <summary>Reads a document; false when it is not one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out AccessPolicyDocument document)
    {
        document = new AccessPolicyDocument(0, More: false, []);
        if (json.Length > MaxLength) return false;
        try
        {
            if (JsonSerializer.Deserialize(json, AccessPolicyJson.Default.AccessPolicyDocument) is not { Sequence: >= 0, Organisations.IsDefault: false } read) return false;
            if (!read.Organisations.All(static set => set is { Organisation.Length: > 0, Policies.IsDefault: false } && set.Policies.All(IsComplete))) return false;
            document = read;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Policies as a store keeps them.</summary>
    public static string WritePolicies(IEnumerable<AccessPolicy> policies) =>
        JsonSerializer.Serialize([.. policies], AccessPolicyJson.Default.ImmutableArrayAccessPolicy);

    /// <summary>Reads what <see cref="WritePolicies"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static ImmutableArray<AccessPolicy> ReadPolicies(string json) => JsonSerializer.Deserialize(json, AccessPolicyJson.Default.ImmutableArrayAccessPolicy);

    private static bool IsComplete(AccessPolicy policy) =>
        policy is { Name: not null, Condition: not null, TimeZone: not null, Permissions.IsDefault: false, Roles.IsDefault: false }
        && policy.Permissions.All(static pattern => pattern is not null) && policy.Roles.All(static role => role is not null);
}

/// <summary>The policies of an organisation.</summary>
/// <param name="Organisation">Its id.</param>
/// <param name="Policies">All in force; may be none.</param>
public sealed record PolicySet(string Organisation, ImmutableArray<AccessPolicy> Policies);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(AccessPolicyDocument))]
[JsonSerializable(typeof(ImmutableArray<AccessPolicy>))]
internal sealed partial class AccessPolicyJson : JsonSerializerContext;
