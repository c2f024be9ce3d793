using AiMesh.ServiceDefaults.ServiceIdentity;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>Stops the start on a wrong section <c>Mesh:Auth</c>, naming everything that is wrong.</summary>
internal sealed class MeshAuthenticationOptionsValidator(IOptions<MeshCertificateOptions> certificates) : IValidateOptions<MeshAuthenticationOptions>
{
    public ValidateOptionsResult Validate(string? name, MeshAuthenticationOptions options)
    {
        List<string> problems = [];
        void Check(bool good, string problem)
        {
            if (!good) problems.Add($"{MeshAuthenticationOptions.Section}:{problem}");
        }

        Check(options.Issuer is { Length: > 0 }, "Issuer must not be empty.");
        Check(options.Audience is { Length: > 0 }, "Audience must not be empty.");
        Check(options.Authority is { IsAbsoluteUri: true }, "Authority must be an absolute address.");

        // Whoever can answer in the authority's place can sign tokens for anybody.
        var isPlain = options.Authority is { IsAbsoluteUri: true, Scheme: "http" } && certificates.Value.Mode == MeshCertificateMode.Mutual;
        Check(options.IsAuthority || !isPlain, "Authority must begin with https:// or https+http://, as mutual TLS is on.");
        Check(IsWithin(options.ClockSkew, TimeSpan.Zero, TimeSpan.FromSeconds(30)), "ClockSkew must be 0 to 30 seconds.");
        Check(IsWithin(options.JwksRefreshInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), "JwksRefreshInterval must be 1 second to 1 day.");
        Check(IsWithin(options.KeyMissInterval, TimeSpan.Zero, TimeSpan.FromMinutes(1)), "KeyMissInterval must be 0 to 1 minute.");
        Check(IsWithin(options.RevocationPollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)), "RevocationPollInterval must be 10 milliseconds to 10 seconds.");
        Check(IsWithin(options.MaxRevocationAge, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(15)), "MaxRevocationAge must be 10 seconds to 15 minutes.");
        Check(options.VerifiedTokenCacheSize is >= 2 and <= 1_000_000, "VerifiedTokenCacheSize must be 2 to 1,000,000.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static bool IsWithin(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;
}
