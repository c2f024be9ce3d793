using System.Text;
using AiMesh.AuthService.Keys;

namespace AiMesh.AuthService.ExternalSignIn.Providers;

/// <summary>The client secret of a provider at rest, bound to its organisation and name: a row copied elsewhere does not open.</summary>
internal static class ProviderSecret
{
    public static Envelope Seal(MasterKeyRing masterKeys, string organisation, string provider, string secret) =>
        Envelope.Seal(masterKeys, Encoding.UTF8.GetBytes(secret), NameOf(organisation, provider));

    /// <exception cref="InvalidOperationException">The master key is not configured, or something was tampered with.</exception>
    public static string Open(MasterKeyRing masterKeys, string organisation, IdentityProviderRecord provider) =>
        Encoding.UTF8.GetString(provider.Secret.Open(masterKeys, NameOf(organisation, provider.Name)));

    /// <summary>The same under the master key of today; null where it is already.</summary>
    public static Envelope? Renew(MasterKeyRing masterKeys, string organisation, IdentityProviderRecord provider) =>
        provider.Secret.MasterKeyVersion == masterKeys.Current.Version ? null : provider.Secret.Rewrap(masterKeys, NameOf(organisation, provider.Name));

    private static string NameOf(string organisation, string provider) => $"identity provider {organisation}/{provider}";
}
