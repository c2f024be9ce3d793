using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>How callers are authenticated; configuration section <c>Mesh:Auth</c>. Validated at start.</summary>
public sealed class MeshAuthenticationOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Mesh:Auth";

    /// <summary>The only issuer (<c>iss</c>) that is believed. Default: "https://aimesh".</summary>
    public string Issuer { get; set; } = "https://aimesh";

    /// <summary>The only audience (<c>aud</c>) that tokens may name. Default: "aimesh".</summary>
    public string Audience { get; set; } = "aimesh";

    /// <summary>Base address of the authority, through service discovery where it is a service name. Default: "https+http://auth".</summary>
    public Uri Authority { get; set; } = new("https+http://auth");

    /// <summary>
    /// True in the authority itself: keys come from the <see cref="Tokens.IAccessTokenKeySource"/> that it registers, and it feeds
    /// <see cref="Tokens.RevocationList"/>; nothing is fetched. Default: false.
    /// </summary>
    public bool IsAuthority { get; set; }

    /// <summary>By how much clocks may differ. 0 to 30 s; default: 30 s.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often keys are fetched anew. 1 s to 1 day; default: 5 minutes.</summary>
    public TimeSpan JwksRefreshInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How soon after a fetch another unknown key id may cause the next one. 0 to 1 minute; default: 2 s.</summary>
    public TimeSpan KeyMissInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often revocations are fetched. 10 ms to 10 s; default: 1 s.</summary>
    public TimeSpan RevocationPollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long revocations count that the authority does not confirm; after that every token is refused, as it may have been revoked. 10 s to 15 minutes (the life
    /// of a token); default: 5 minutes.
    /// </summary>
    public TimeSpan MaxRevocationAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many verified tokens are remembered. 2 to 1,000,000; default: 10,000 (about 2 KB each).</summary>
    public int VerifiedTokenCacheSize { get; set; } = 10_000;

    /// <summary>
    /// Asked in order which scheme authenticates a request; the first answer that is not null counts, and without one it is
    /// "Bearer". Must not throw and should look at headers only.
    /// </summary>
    public IList<Func<HttpContext, string?>> SchemeSelectors { get; } = [];
}
