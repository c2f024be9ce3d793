using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>Feeds the <see cref="RevocationList"/>.</summary>
public sealed class RevocationPoller(
    IHttpClientFactory clients,
    RevocationList list,
    IOptions<MeshAuthenticationOptions> options,
    TimeProvider time,
    ILogger<RevocationPoller> logger) : AuthorityPoller(clients, options, time, logger)
{
    private protected override string Subject => "revocations";

    private protected override bool IsLoaded => list.Loaded.IsCompleted;

    private protected override string PathAndQuery => string.Create(CultureInfo.InvariantCulture, $"{RevocationDocument.Path}?after={list.Sequence}");

    private protected override int MaxLength => RevocationDocument.MaxLength;

    private protected override Taken Take(byte[] json)
    {
        if (!RevocationDocument.TryParse(json, out var document)) return Taken.Malformed;
        var known = list.Sequence;
        if (document.Sequence < known)
        {
            list.Rewind();
            return Taken.Rewound;
        }

        list.Apply(document);
        return document.Sequence > known ? Taken.More : Taken.Everything;
    }
}
