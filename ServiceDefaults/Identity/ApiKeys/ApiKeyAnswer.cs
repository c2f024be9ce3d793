using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Identity.ApiKeys;

/// <summary>What became of an API key: an <see cref="ApiKeyAccepted"/> or an <see cref="ApiKeyRefused"/>.</summary>
public abstract record ApiKeyAnswer
{
    private protected ApiKeyAnswer()
    {
    }
}

/// <summary>The key is in force.</summary>
/// <param name="AccessToken">What services of the mesh take in its place.</param>
/// <param name="Token">The same token, verified.</param>
public sealed record ApiKeyAccepted(string AccessToken, VerifiedToken Token) : ApiKeyAnswer;

/// <summary>The key must not be believed.</summary>
/// <param name="Reason">UPPER_SNAKE, for example "API_KEY_REVOKED".</param>
/// <param name="IsOutage">The key could not be checked, so that it may well be good.</param>
public sealed record ApiKeyRefused(string Reason, bool IsOutage = false) : ApiKeyAnswer;
