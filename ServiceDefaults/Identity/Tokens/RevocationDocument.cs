using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>What <c>GET /.well-known/revoked?after=…</c> answers.</summary>
/// <param name="Sequence">The number of the last entry that exists or, where the answer was cut, of the last one in it.</param>
/// <param name="Entries">The entries after the number that was asked for, oldest first; at most <see cref="MaxEntries"/>.</param>
public sealed record RevocationDocument(long Sequence, ImmutableArray<RevocationEntry> Entries)
{
    /// <summary>Where the authority serves this document.</summary>
    public const string Path = "/.well-known/revoked";

    /// <summary>How many entries one answer may hold; the reader asks again at once while there are any.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>The largest document that is read, in bytes.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    /// <summary>The document as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RevocationJson.Default.RevocationDocument);

    /// <summary>Reads a document; false when it is not one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out RevocationDocument document)
    {
        document = new RevocationDocument(0, []);
        if (json.Length > MaxLength) return false;
        try
        {
            if (JsonSerializer.Deserialize(json, RevocationJson.Default.RevocationDocument) is not { Sequence: >= 0, Entries.IsDefault: false } read) return false;
            if (!read.Entries.All(static entry => entry is { Id.Length: > 0, Expires: > 0 })) return false;
            document = read;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>One revocation.</summary>
/// <param name="Id">A name of <see cref="RevocationIds"/>.</param>
/// <param name="IssuedBefore">
/// For a subject: only tokens with an <c>iat</c> below this Unix time (seconds) are revoked, all of them where it is null. Tokens and
/// sessions are revoked whatever it says.
/// </param>
/// <param name="Expires">Unix time in seconds after which no token that this concerns can be in force, so that it may be forgotten.</param>
public sealed record RevocationEntry(
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? IssuedBefore,
    long Expires);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(RevocationDocument))]
internal sealed partial class RevocationJson : JsonSerializerContext;
