using System.Security.Cryptography;
using System.Text;
using AiMesh.AuthService.Storage;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Sessions;

/// <summary>
/// Makes guessing slow (NIST SP 800-63B section 5.2.2). Failures are counted in the database, so that all replicas count together,
/// and by hashes of what was typed, so that accounts that do not exist behave like those that do.
/// </summary>
internal sealed class SignInBackoff(AuthDatabase database, IOptions<BackoffOptions> options)
{
    private readonly BackoffOptions _options = options.Value;

    /// <summary>How long this account at this address still has to wait; null when it may try.</summary>
    public async Task<TimeSpan?> PauseAsync(string account, string address, CancellationToken cancellationToken)
    {
        var keys = KeysOf(account, address).Select(static key => key.Hash).ToArray();
        var seconds = await database.QueryOneAsync<double?>(
            "select extract(epoch from max(blocked_until) - clock_timestamp())::float8 from sign_in_failures where key = any (@keys) and blocked_until > clock_timestamp()",
            new { keys }, cancellationToken);
        return seconds is { } pause ? TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(pause))) : null;
    }

    /// <summary>Counts a failure.</summary>
    public async Task FailedAsync(AuthTransaction transaction, string account, string address, CancellationToken cancellationToken)
    {
        // In one order everywhere, so that two failures never wait for each other.
        foreach (var key in KeysOf(account, address).OrderBy(static key => Convert.ToHexStringLower(key.Hash), StringComparer.Ordinal))
        {
            await transaction.ExecuteAsync(
                "select record_sign_in_failure(@Hash, @Threshold, @FirstPause, @LongestPause, @Memory)",
                new { key.Hash, key.Threshold, _options.FirstPause, key.LongestPause, _options.Memory }, cancellationToken);
        }
    }

    /// <summary>Forgets the failures of an account at an address, because its owner is there. The wider counts go on.</summary>
    public Task SucceededAsync(AuthTransaction transaction, string account, string address, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "delete from sign_in_failures where key = @Hash", new { KeysOf(account, address)[0].Hash }, cancellationToken);

    private Counter[] KeysOf(string account, string address) =>
    [
        new(Hash($"pair\0{account}\0{address}"), _options.FailuresOfAccountAtAddress, _options.LongestPause),
        new(Hash($"account\0{account}"), _options.FailuresOfAccount, _options.LongestSharedPause),
        new(Hash($"address\0{address}"), _options.FailuresOfAddress, _options.LongestSharedPause),
    ];

    private static byte[] Hash(string name) => SHA256.HashData(Encoding.UTF8.GetBytes(name));

    private sealed record Counter(byte[] Hash, int Threshold, TimeSpan LongestPause);
}
