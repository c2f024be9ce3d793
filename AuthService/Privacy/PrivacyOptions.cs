using System.ComponentModel.DataAnnotations;

namespace AiMesh.AuthService.Privacy;

/// <summary>How exports and erasures of people are carried out; configuration section <c>Privacy</c>.</summary>
internal sealed class PrivacyOptions : IValidatableObject
{
    public const string Section = "Privacy";

    /// <summary>The other services that keep something about people, divided by commas. Default: data,ai,iot.</summary>
    [Required(AllowEmptyStrings = true)]
    public string Services { get; set; } = "data,ai,iot";

    /// <summary>How long a finished archive is kept. 1 s to 30 days; default: 24 hours.</summary>
    public TimeSpan ArchiveLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long an erasure waits after it ended the person's tokens, until no service takes them any more. 0 to 1 minute; default: 3 s, where
    /// revocations take 2 s.
    /// </summary>
    public TimeSpan RevocationGrace { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long one call to a service may take. 1 s to 1 hour; default: 5 minutes.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The first pause after a service failed; each further failure doubles it, up to a minute. Default: 1 s.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often each replica looks for work that another one left. Default: 1 s.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    public string[] ServiceNames => Services.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ArchiveLifetime < TimeSpan.FromSeconds(1) || ArchiveLifetime > TimeSpan.FromDays(30))
            yield return new ValidationResult("Privacy:ArchiveLifetime must be 1 second to 30 days.");
        if (RevocationGrace < TimeSpan.Zero || RevocationGrace > TimeSpan.FromMinutes(1))
            yield return new ValidationResult("Privacy:RevocationGrace must be 0 to 1 minute.");
        if (CallTimeout < TimeSpan.FromSeconds(1) || CallTimeout > TimeSpan.FromHours(1))
            yield return new ValidationResult("Privacy:CallTimeout must be 1 second to 1 hour.");
        if (FirstPause <= TimeSpan.Zero || FirstPause > TimeSpan.FromMinutes(1))
            yield return new ValidationResult("Privacy:FirstPause must be above 0 and at most 1 minute.");
        if (PollInterval < TimeSpan.FromMilliseconds(10) || PollInterval > TimeSpan.FromMinutes(1))
            yield return new ValidationResult("Privacy:PollInterval must be 10 milliseconds to 1 minute.");
    }
}
