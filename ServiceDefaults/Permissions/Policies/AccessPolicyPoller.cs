using System.Globalization;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>Feeds the <see cref="AccessPolicies"/>.</summary>
public sealed class AccessPolicyPoller(
    IHttpClientFactory clients,
    AccessPolicies policies,
    IOptions<MeshAuthenticationOptions> options,
    TimeProvider time,
    ILogger<AccessPolicyPoller> logger) : AuthorityPoller(clients, options, time, logger)
{
    private long _after;

    private protected override string Subject => "access policies";

    private protected override bool IsLoaded => policies.Loaded.IsCompleted;

    private protected override string PathAndQuery => string.Create(CultureInfo.InvariantCulture, $"{AccessPolicyDocument.Path}?after={_after}");

    private protected override int MaxLength => AccessPolicyDocument.MaxLength;

    private protected override Taken Take(byte[] json)
    {
        if (!AccessPolicyDocument.TryParse(json, out var document)) return Taken.Malformed;
        if (document.Sequence < _after)
        {
            _after = 0;
            return Taken.Rewound;
        }

        policies.Apply(_after, document);
        _after = document.Sequence;
        return document.More ? Taken.More : Taken.Everything;
    }
}
