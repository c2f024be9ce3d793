using System.Collections.Concurrent;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>
/// What providers publish, remembered by this replica. A document that grew old is fetched anew, and kept when that fails; nobody makes this
/// service ask one provider more often than <see cref="ExternalSignInOptions.RetryInterval"/> by tokens with invented key ids.
/// </summary>
internal sealed class ProviderDirectory(OidcHttp http, OutboundAddresses addresses, IOptions<ExternalSignInOptions> options, TimeProvider time)
{
    /// <summary>More issuers than this are not remembered; a mesh with more organisations than that asks a little more often.</summary>
    private const int MaxIssuers = 10_000;

    private readonly ConcurrentDictionary<string, Issuer> _issuers = new(StringComparer.Ordinal);

    public Task<Result<ProviderMetadata>> FindAsync(string issuer, CancellationToken cancellationToken) =>
        Of(issuer).Metadata.GetAsync(static _ => true, cancellationToken);

    /// <summary>The key that a token was signed with, as far as the provider publishes it.</summary>
    public async Task<Result<ProviderKey>> FindKeyAsync(string issuer, string? keyId, string algorithm, CancellationToken cancellationToken)
    {
        var found = await Of(issuer).Keys.GetAsync(keys => keys.Find(keyId, algorithm) is not null, cancellationToken);
        if (!found.TryGet(out var keys, out var error)) return error;
        return keys.Find(keyId, algorithm) is { } key ? key : new IdentityRefused("unknown_key");
    }

    /// <summary>Reads the document as if nothing were remembered, for administrators.</summary>
    public async Task<Result<ProviderMetadata>> ReadAsync(string issuer, CancellationToken cancellationToken)
    {
        var document = await http.GetAsync(ProviderMetadata.AddressFor(issuer), null, cancellationToken);
        return document.Then(json => ProviderMetadata.Read(json, issuer, addresses));
    }

    private Issuer Of(string issuer)
    {
        if (_issuers.Count >= MaxIssuers) _issuers.Clear();
        return _issuers.GetOrAdd(issuer, name =>
        {
            var metadata = new Remembered<ProviderMetadata>(() => ReadAsync(name, CancellationToken.None), options.Value, time);
            return new Issuer(metadata, new Remembered<ProviderKeys>(() => ReadKeysAsync(metadata), options.Value, time));
        });
    }

    private async Task<Result<ProviderKeys>> ReadKeysAsync(Remembered<ProviderMetadata> metadata)
    {
        var found = await metadata.GetAsync(static _ => true, CancellationToken.None);
        if (!found.TryGet(out var document, out var error)) return error;
        return (await http.GetAsync(document.KeysAddress, null, CancellationToken.None)).Then(ProviderKeys.Read);
    }

    private sealed record Issuer(Remembered<ProviderMetadata> Metadata, Remembered<ProviderKeys> Keys);
}
