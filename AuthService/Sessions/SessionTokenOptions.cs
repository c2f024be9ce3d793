using System.ComponentModel.DataAnnotations;

namespace AiMesh.AuthService.Sessions;

/// <summary>How long what belongs to a session lasts; configuration section <c>Sessions</c>.</summary>
internal sealed class SessionTokenOptions : IValidatableObject
{
    public const string Section = "Sessions";

    /// <summary>How much longer than its own life something may be needed because clocks differ (verifiers allow 30 s).</summary>
    public static readonly TimeSpan ClockAllowance = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestAccess = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromSeconds(30);

    /// <summary>Life of an access token. 1 s to 15 minutes; default: 10 minutes.</summary>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Life of a refresh token that nobody uses. Default: 30 days.</summary>
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Life of a session, however it is used. Default: 90 days.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long a spent refresh token answers with the same successor (two tabs that refresh at once, an answer that got lost)
    /// before its use counts as theft. 0 to 30 s; default: 15 s.
    /// </summary>
    public TimeSpan RefreshGrace { get; set; } = TimeSpan.FromSeconds(15);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AccessTokenLifetime < TimeSpan.FromSeconds(1) || AccessTokenLifetime > LongestAccess)
            yield return new ValidationResult("Sessions:AccessTokenLifetime must be 1 second to 15 minutes.");
        if (RefreshTokenLifetime < AccessTokenLifetime)
            yield return new ValidationResult("Sessions:RefreshTokenLifetime must not be shorter than Sessions:AccessTokenLifetime.");
        if (SessionLifetime < RefreshTokenLifetime)
            yield return new ValidationResult("Sessions:SessionLifetime must not be shorter than Sessions:RefreshTokenLifetime.");
        if (RefreshGrace < TimeSpan.Zero || RefreshGrace > LongestGrace)
            yield return new ValidationResult("Sessions:RefreshGrace must be 0 to 30 seconds.");
    }
}
