using System.ComponentModel.DataAnnotations;

namespace AiMesh.AuthService.Sessions;

/// <summary>When failed sign-ins make further ones wait; configuration section <c>SignIn</c>.</summary>
internal sealed class BackoffOptions
{
    public const string Section = "SignIn";

    /// <summary>Failures of one account from one address until it must wait. Default: 5.</summary>
    [Range(1, 100)]
    public int FailuresOfAccountAtAddress { get; set; } = 5;

    /// <summary>
    /// Failures of one account from anywhere until it must wait: guessing from many addresses. High, because it lets strangers keep
    /// somebody out for a while. Default: 50.
    /// </summary>
    [Range(1, 10_000)]
    public int FailuresOfAccount { get; set; } = 50;

    /// <summary>Failures from one address for any accounts until it must wait: one password against many. Default: 200.</summary>
    [Range(1, 100_000)]
    public int FailuresOfAddress { get; set; } = 200;

    /// <summary>The first wait; each further failure doubles it. Default: 30 s.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait of an account at an address. Default: 15 minutes.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The longest wait of a whole account or address, which may hit people who did nothing. Default: 1 minute.</summary>
    public TimeSpan LongestSharedPause { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Without a failure for so long, counting begins anew. Default: 30 minutes.</summary>
    public TimeSpan Memory { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Addresses of the gateways whose X-Forwarded-For is believed. Default: the loopback addresses.</summary>
    public IList<string> TrustedProxies { get; } = [];
}
