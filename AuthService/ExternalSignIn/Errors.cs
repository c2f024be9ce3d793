using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>A sign-in through a provider that came to nothing.</summary>
/// <param name="Problem">What exactly, for the audit record and the log: the caller learns only the reason.</param>
internal abstract record ExternalSignInError(StatusCode Code, string Reason, string Message, string Problem) : MeshError(Code, Reason, Message);

/// <summary>The state is not ours, of another browser, provider or organisation, expired or used.</summary>
internal sealed record StateRefused(string Problem) : ExternalSignInError(
    StatusCode.Unauthenticated, "SIGN_IN_STATE_INVALID", "This sign-in was not begun in this browser, is too old or was used before: begin again.", Problem);

/// <summary>The provider says that it signs nobody in.</summary>
internal sealed record SignInDenied(string Problem) : ExternalSignInError(
    StatusCode.Unauthenticated, "SIGN_IN_DENIED", "The identity provider did not sign anybody in.", Problem);

/// <summary>The provider cannot be reached, or what it answers cannot be used.</summary>
internal sealed record ProviderUnusable(string Problem) : ExternalSignInError(
    StatusCode.Unavailable, "IDENTITY_PROVIDER_UNAVAILABLE", "The identity provider cannot be reached now, or answers wrongly.", Problem);

/// <summary>What the provider says of who signed in is not to be believed.</summary>
internal sealed record IdentityRefused(string Problem) : ExternalSignInError(
    StatusCode.Unauthenticated, "ID_TOKEN_REJECTED", "What the identity provider says about who signed in is not to be believed.", Problem);

/// <summary>The provider knows the person, this organisation does not.</summary>
internal sealed record NotAUser(string Problem) : ExternalSignInError(
    StatusCode.PermissionDenied, "NOT_A_USER", "No user of this organisation is linked with this account: an administrator can link one.", Problem);

/// <summary>No claim gives a role, and there is no default.</summary>
internal sealed record NoRole() : ExternalSignInError(
    StatusCode.PermissionDenied, "NO_ROLE", "Nothing that the identity provider says gives you a role in this organisation.", "no_role");

/// <summary>The exchange code is unknown, expired or used, or the verifier is another.</summary>
internal sealed record CodeRefused() : MeshError(
    StatusCode.Unauthenticated, "SIGN_IN_CODE_INVALID", "The code is unknown, expired or was used before, or the verifier is not the one of the challenge.");

/// <summary>The mesh does not know its own address.</summary>
internal sealed record NoPublicAddress() : MeshError(
    StatusCode.FailedPrecondition, "PUBLIC_ADDRESS_MISSING", "Sign-in through identity providers takes Keys:PublicAddress, an address with https, in AuthService's configuration.");

/// <summary>The organisation has as many providers as it may have.</summary>
internal sealed record TooManyIdentityProviders() : MeshError(
    StatusCode.FailedPrecondition, "TOO_MANY_IDENTITY_PROVIDERS", "An organisation has at most 20 identity providers.");
