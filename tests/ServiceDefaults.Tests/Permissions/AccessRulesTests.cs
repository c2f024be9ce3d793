using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Tests.Permissions;

public sealed class AccessRulesTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => _authority = await TestAuthority.StartAsync();

    public async Task DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task Start_WithRpcsThatDeclareNothingGood_NamesThemAll()
    {
        var problem = await StartAsync(static app =>
        {
            app.MapRpc<UndeclaredService>();
            app.MapRpc<StagedService>();
        });

        foreach (var method in new[] { "Nothing", "Empty", "NotAnonymous", "Misspelled", "UnknownField", "FieldOfStream" })
            Assert.Contains($"/aimesh.probe.v1.Undeclared/{method}:", problem, StringComparison.Ordinal);
        Assert.Contains("/aimesh.probe.v1.Staged/Unserved: is not marked as planned but not served", problem, StringComparison.Ordinal);
        Assert.Contains("/aimesh.probe.v1.Staged/ServedTooEarly: is served", problem, StringComparison.Ordinal);
        Assert.Contains("8 RPC(s)", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithServiceMappedPastTheCheck_IsRefused()
    {
        var problem = await StartAsync(static app =>
        {
            app.MapRpc<ProbeService>();
            app.MapGrpcService<UndeclaredService>();
        });

        Assert.Contains("/aimesh.probe.v1.Undeclared/Nothing: is mapped without MapRpc", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_OfServiceMappedPastTheCheck_IsRefused()
    {
        // Nothing is mapped by MapRpc at all, so the check at start sees no routes; the interceptor still refuses.
        await using var host = await MeshHost.StartAsync(_authority, map: static app => app.MapGrpcService<UndeclaredService>());

        var exception = await Assert.ThrowsAsync<RpcException>(() => new Undeclared.UndeclaredClient(host.Channel)
            .NothingAsync(new ProbeRequest(), MeshHost.Bearer(_authority.Token(permissions: ["*"]))).ResponseAsync);

        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
    }

    private async Task<string> StartAsync(Action<WebApplication> map)
    {
        await using var app = MeshHost.Build(_authority, new LogSink(), configure: null, map);
        return (await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync())).Message;
    }

    private sealed class UndeclaredService : Undeclared.UndeclaredBase
    {
        public override Task<ProbeReply> Nothing(ProbeRequest request, ServerCallContext context) => Task.FromResult(new ProbeReply());
    }

    private sealed class StagedService : Staged.StagedBase
    {
        public override Task<ProbeReply> ServedTooEarly(ProbeRequest request, ServerCallContext context) => Task.FromResult(new ProbeReply());
    }
}
