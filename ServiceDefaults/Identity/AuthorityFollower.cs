using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>Runs what keeps keys and revocations up to date; nothing in the authority itself.</summary>
internal sealed class AuthorityFollower(ImmutableArray<BackgroundService> followers) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var follower in followers) await follower.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var follower in followers) await follower.StopAsync(cancellationToken);
    }
}
