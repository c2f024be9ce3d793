using System.Collections.Concurrent;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions.Policies;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.ServiceDefaults.Tests.Identity;

/// <summary>A4, A6: what the authority publishes arrives again after whatever went wrong.</summary>
[Trait("Level", "Server")]
public sealed class AuthorityPollerTests
{
    [Fact]
    public async Task Poll_ThatFailsUnexpectedly_IsTriedAgain()
    {
        await using var authority = await TestAuthority.StartAsync();
        var failing = new FailingOnce();
        await using var host = await MeshHost.StartAsync(
            authority,
            builder => builder.Services.AddHttpClient(JwksKeySource.ClientName).ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Add(new Handler(failing))));

        await host.App.Services.GetRequiredService<RevocationList>().Loaded.WaitAsync(TimeSpan.FromSeconds(20));
        await host.App.Services.GetRequiredService<AccessPolicies>().Loaded.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Contains(RevocationDocument.Path, failing.Paths);
        Assert.Contains(AccessPolicyDocument.Path, failing.Paths);
    }

    private sealed class FailingOnce
    {
        private readonly ConcurrentDictionary<string, bool> _paths = new();

        public ICollection<string> Paths => _paths.Keys;

        public bool IsDue(string path) => _paths.TryAdd(path, true);
    }

    private sealed class Handler(FailingOnce failing) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            failing.IsDue(request.RequestUri!.AbsolutePath) ? throw new NotSupportedException("Nobody thought of this.") : base.SendAsync(request, cancellationToken);
    }
}
