namespace AiMesh.Gateway.Addresses;

/// <summary>Who may connect, and who may say for whom; section <c>Addresses</c>. Addresses or CIDR networks, IPv4 or IPv6.</summary>
internal sealed class AddressOptions
{
    public const string Section = "Addresses";

    /// <summary>Where not empty, only these may connect.</summary>
    public IList<string> Allow { get; } = [];

    /// <summary>These may not, whatever <see cref="Allow"/> says.</summary>
    public IList<string> Deny { get; } = [];

    /// <summary>Proxies in front of the gateway, whose <c>Forwarded</c> or <c>X-Forwarded-For</c> is believed.</summary>
    public IList<string> TrustedProxies { get; } = [];
}
