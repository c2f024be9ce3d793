using System.ComponentModel.DataAnnotations;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>Sign-in through identity providers of others; configuration section <c>ExternalSignIn</c>.</summary>
internal sealed class ExternalSignInOptions : IValidatableObject
{
    public const string Section = "ExternalSignIn";

    /// <summary>
    /// Addresses that a browser may be sent to when it has signed in, whole and exactly: https, or http to loopback in Development, or a
    /// path of the gateway ("/console"). Default: none, the callback then answers with the tokens.
    /// </summary>
    public IList<string> ReturnAddresses { get; } = [];

    /// <summary>How long somebody may take to sign in at the provider. 1 minute to 1 hour; default: 10 minutes.</summary>
    public TimeSpan StateLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the code that the browser brings to a return address is good for. Default: 1 minute.</summary>
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Patience for one answer of a provider, from the connection to its last byte. Default: 5 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long discovery documents and keys are used before they are fetched anew. Default: 10 minutes.</summary>
    public TimeSpan MetadataLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often an unknown key or a failure makes a provider be asked again, at most. Default: 10 s.</summary>
    public TimeSpan RetryInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>By how much the clocks of a provider may differ from ours. 0 to 5 minutes; default: 1 minute.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether providers may have private addresses (10.0.0.0/8 and the like), as one beside the mesh does. Default: false, so that nobody
    /// makes this service knock on doors inside.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StateLifetime < TimeSpan.FromMinutes(1) || StateLifetime > TimeSpan.FromHours(1))
            yield return new ValidationResult("ExternalSignIn:StateLifetime must be 1 minute to 1 hour.");
        if (CodeLifetime <= TimeSpan.Zero || CodeLifetime > TimeSpan.FromMinutes(10))
            yield return new ValidationResult("ExternalSignIn:CodeLifetime must be above zero and at most 10 minutes.");
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(1))
            yield return new ValidationResult("ExternalSignIn:Timeout must be above zero and at most 1 minute.");
        if (MetadataLifetime <= TimeSpan.Zero || RetryInterval <= TimeSpan.Zero)
            yield return new ValidationResult("ExternalSignIn:MetadataLifetime and ExternalSignIn:RetryInterval must be above zero.");
        if (ClockSkew < TimeSpan.Zero || ClockSkew > TimeSpan.FromMinutes(5))
            yield return new ValidationResult("ExternalSignIn:ClockSkew must be 0 to 5 minutes.");
        foreach (var address in ReturnAddresses.Where(static address => !IsReturnAddress(address)))
            yield return new ValidationResult($"ExternalSignIn:ReturnAddresses: '{address}' must be an address with https (http to loopback) or a path, without query and fragment, of at most 300 characters.");
    }

    private static bool IsReturnAddress(string address)
    {
        if (address.Length is 0 or > 300 || address.AsSpan().ContainsAny('?', '#', '\\') || address.Any(static character => character is <= ' ' or > '~')) return false;
        if (address[0] == '/') return !address.StartsWith("//", StringComparison.Ordinal);
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
    }
}
