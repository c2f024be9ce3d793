using System.ComponentModel.DataAnnotations;

namespace AiMesh.AuthService.Keys;

/// <summary>How signing keys change; configuration section <c>Keys</c>.</summary>
internal sealed class KeyOptions : IValidatableObject
{
    public const string Section = "Keys";

    /// <summary>How long a key signs before the next one takes over. Default: 30 days.</summary>
    public TimeSpan RotationInterval { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How long a key is published before it signs. Longer than verifiers keep an old JWKS, so that none meets a key it does not
    /// know. Default: 15 minutes (services of the mesh fetch every 5).
    /// </summary>
    public TimeSpan PublishAhead { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often each replica looks for what others changed and for what is due. Default: 30 s.</summary>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Where the public reaches this service, for links in the discovery document. Default: null, the address that the request was
    /// sent to, which the gateway tells in X-Forwarded-Host.
    /// </summary>
    public Uri? PublicAddress { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CheckInterval < TimeSpan.FromMilliseconds(50))
            yield return new ValidationResult("Keys:CheckInterval must be at least 50 ms.");
        if (PublishAhead < 2 * CheckInterval)
            yield return new ValidationResult("Keys:PublishAhead must be at least twice Keys:CheckInterval, so that every replica publishes a key before any signs with it.");
        if (RotationInterval < 2 * PublishAhead)
            yield return new ValidationResult("Keys:RotationInterval must be at least twice Keys:PublishAhead.");
    }
}
