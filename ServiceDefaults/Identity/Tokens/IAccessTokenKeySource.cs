namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Where the keys of access tokens come from: <see cref="JwksKeySource"/> fetches them from the authority; the authority itself
/// registers a source over its own key store.
/// </summary>
public interface IAccessTokenKeySource
{
    /// <summary>The keys known now; <see cref="AccessTokenKeySet.Empty"/> until there are some. The same instance as long as nothing changed.</summary>
    AccessTokenKeySet Current { get; }

    /// <summary>
    /// Asks for newer keys, because a token names an unknown one. Anybody can cause this, so a source limits how often it really
    /// looks. Never throws for an authority that is away; the answer is then what is known.
    /// </summary>
    ValueTask<AccessTokenKeySet> RefreshAsync(CancellationToken cancellationToken);
}
