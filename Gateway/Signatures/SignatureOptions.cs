namespace AiMesh.Gateway.Signatures;

/// <summary>Machine clients that sign their requests by RFC 9421 beside sending a token; section <c>Signatures</c>.</summary>
internal sealed class SignatureOptions
{
    public const string Section = "Signatures";

    /// <summary>By key id. A caller who has a key must sign every request, so that a stolen token alone is worth nothing.</summary>
    public IDictionary<string, SignatureKeyOptions> Keys { get; } = new Dictionary<string, SignatureKeyOptions>(StringComparer.Ordinal);

    /// <summary>How old a signature may be. 10 s to 1 hour; default: 5 minutes. Each counts once within it.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(5);
}

internal sealed class SignatureKeyOptions
{
    /// <summary>The shared secret, Base64; at least 32 bytes.</summary>
    public string Secret { get; set; } = "";

    /// <summary>The organisation of the caller who owns the key.</summary>
    public string Organisation { get; set; } = "";

    /// <summary>The subject of the caller who owns the key.</summary>
    public string Subject { get; set; } = "";
}
