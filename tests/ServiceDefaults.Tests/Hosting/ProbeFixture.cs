using AiMesh.Testing;

namespace AiMesh.ServiceDefaults.Tests.Hosting;

/// <summary>One authority and one service for all tests of a class.</summary>
public sealed class ProbeFixture : IAsyncLifetime
{
    internal TestAuthority Authority { get; private set; } = null!;

    internal MeshHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Authority = await TestAuthority.StartAsync();
        Host = await MeshHost.StartAsync(Authority);
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await Authority.DisposeAsync();
    }
}
