using System.Globalization;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>The same answer for every key that does not exist and every wrong secret.</summary>
internal sealed record InvalidApiKey()
    : MeshError(StatusCode.Unauthenticated, "API_KEY_INVALID", "There is no such API key.");

/// <summary>The key is genuine, but out of force. Told only to who holds the whole key.</summary>
internal sealed record ApiKeyOutOfForce(string ReasonName, string What)
    : MeshError(StatusCode.Unauthenticated, ReasonName, $"The API key {What}.")
{
    public static readonly ApiKeyOutOfForce Revoked = new("API_KEY_REVOKED", "was revoked");
    public static readonly ApiKeyOutOfForce Expired = new("API_KEY_EXPIRED", "has expired");
    public static readonly ApiKeyOutOfForce OwnerDisabled = new("API_KEY_OWNER_DISABLED", "belongs to a person who is disabled");
}

/// <summary>A key made by a key would outlive its revocation.</summary>
internal sealed record KeysAreMadeByPeople()
    : MeshError(StatusCode.FailedPrecondition, "NOT_A_PERSON", "An API key acts for a person: only people who signed in can create one.");

/// <summary>The person has as many keys in force as anybody may have.</summary>
internal sealed record TooManyApiKeys() : MeshError(
    StatusCode.FailedPrecondition, "TOO_MANY_API_KEYS",
    string.Create(CultureInfo.InvariantCulture, $"A person has at most {ApiKeyRules.MaxKeysOfAPerson} API keys in force: revoke some first."));
