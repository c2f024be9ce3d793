using AiMesh.Common.Rpc;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Tests.Permissions;

public sealed class PermissionInterceptorTests(ProbeFixture fixture) : IClassFixture<ProbeFixture>
{
    private readonly Probe.V1.Probe.ProbeClient _probe = fixture.Host.Probe;

    private TestAuthority Authority => fixture.Authority;

    private static ProbeRequest Surveys => new() { Dataset = "surveys" };

    private Metadata With(params string[] permissions) => MeshHost.Bearer(Authority.Token(permissions: permissions));

    private Metadata Device(params string[] permissions) => MeshHost.Bearer(Authority.Token("pump-1", permissions: permissions, kind: PrincipalKind.Device));

    [Fact]
    public async Task Anonymous_IsOpenToEverybody()
    {
        Assert.Equal("", (await _probe.AnyoneAsync(new ProbeRequest())).Subject);
        Assert.Equal("alice", (await _probe.AnyoneAsync(new ProbeRequest(), With())).Subject);
        Assert.Equal("pump-1", (await _probe.AnyoneAsync(new ProbeRequest(), Device())).Subject);
    }

    [Fact]
    public async Task Anonymous_WithBadToken_IsStillServed() =>
        Assert.Equal("", (await _probe.AnyoneAsync(new ProbeRequest(), MeshHost.Bearer("a.b.c"))).Subject);

    [Fact]
    public async Task Authenticated_WithoutToken_IsRefusedWithReason() =>
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => _probe.SignedInAsync(new ProbeRequest()).ResponseAsync);

    [Fact]
    public async Task Authenticated_WithToken_KnowsTheCaller() =>
        Assert.Equal("alice", (await _probe.SignedInAsync(new ProbeRequest(), With())).Subject);

    [Fact]
    public async Task Authenticated_WithExpiredToken_SaysSo()
    {
        var past = DateTimeOffset.UtcNow.AddHours(-2);
        var token = Authority.Writer.Write(TestAuthority.Claims() with { IssuedAt = past, NotBefore = past, Expires = past.AddMinutes(5) });

        await AssertRefused(StatusCode.Unauthenticated, "TOKEN_EXPIRED", () => _probe.SignedInAsync(new ProbeRequest(), MeshHost.Bearer(token)).ResponseAsync);
    }

    [Theory]
    [InlineData("Bearer not-a-token")]
    [InlineData("Bearer a.b.c")]
    public async Task Authenticated_WithMalformedToken_IsRefused(string authorization) =>
        await AssertRefused(StatusCode.Unauthenticated, "TOKEN_INVALID", () => _probe.SignedInAsync(new ProbeRequest(), new Metadata { { "authorization", authorization } }).ResponseAsync);

    [Fact]
    public async Task Authenticated_WithAnotherScheme_CountsAsNobody() =>
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => _probe.SignedInAsync(new ProbeRequest(), new Metadata { { "authorization", "Basic YTpi" } }).ResponseAsync);

    [Fact]
    public async Task Authenticated_WithIdentityHeadersOnly_CountsAsNobody() =>
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => _probe.SignedInAsync(new ProbeRequest(), new Metadata { { "x-user-id", "admin" }, { "x-forwarded-user", "admin" } }).ResponseAsync);

    [Fact]
    public async Task Unary_FollowsThePermission()
    {
        Assert.Equal("alice", (await _probe.ReadAsync(Surveys, With("data:read:surveys"))).Subject);
        Assert.Equal("alice", (await _probe.ReadAsync(Surveys, With("data:*"))).Subject);
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => _probe.ReadAsync(Surveys).ResponseAsync);
        var refused = await AssertRefused(StatusCode.PermissionDenied, "PERMISSION_DENIED", () => _probe.ReadAsync(Surveys, With("data:read:movies")).ResponseAsync);
        Assert.Equal("data:read:surveys", refused.Metadata["permission"]);
    }

    [Fact]
    public async Task Unary_WithEmptyField_TakesAWildcard()
    {
        await AssertRefused(StatusCode.PermissionDenied, "PERMISSION_DENIED", () => _probe.ReadAsync(new ProbeRequest(), With("data:read:surveys")).ResponseAsync);
        Assert.Equal("alice", (await _probe.ReadAsync(new ProbeRequest(), With("data:read:*"))).Subject);
    }

    [Fact]
    public async Task Unary_WithFieldThatIsNoName_IsRefusedBeforeTheBody()
    {
        foreach (var dataset in new[] { "*", "surveys:x", "a b" })
            await AssertRefused(StatusCode.InvalidArgument, "INVALID_FIELD", () => _probe.ReadAsync(new ProbeRequest { Dataset = dataset }, With("*")).ResponseAsync);
    }

    [Fact]
    public async Task ServerStreaming_FollowsThePermission()
    {
        using var allowed = _probe.Watch(Surveys, With("data:read:*"));
        Assert.True(await allowed.ResponseStream.MoveNext(CancellationToken.None));

        using var refused = _probe.Watch(Surveys, With("data:read:movies"));
        await AssertRefused(StatusCode.PermissionDenied, "PERMISSION_DENIED", () => refused.ResponseStream.MoveNext(CancellationToken.None));
        using var stranger = _probe.Watch(Surveys);
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => stranger.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task ClientStreaming_FollowsThePermission()
    {
        using var allowed = _probe.Upload(With("data:write"));
        await allowed.RequestStream.WriteAsync(Surveys);
        await allowed.RequestStream.CompleteAsync();
        Assert.Equal("alice", (await allowed).Subject);

        using var refused = _probe.Upload(With("data:read:*"));
        await AssertRefused(StatusCode.PermissionDenied, "PERMISSION_DENIED", () => refused.ResponseAsync);
        using var stranger = _probe.Upload();
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => stranger.ResponseAsync);
    }

    [Fact]
    public async Task DuplexStreaming_FollowsThePermission()
    {
        using var allowed = _probe.Talk(With("ai:*"));
        await allowed.RequestStream.WriteAsync(Surveys);
        Assert.True(await allowed.ResponseStream.MoveNext(CancellationToken.None));
        await allowed.RequestStream.CompleteAsync();

        using var refused = _probe.Talk(With("data:*"));
        await AssertRefused(StatusCode.PermissionDenied, "PERMISSION_DENIED", () => refused.ResponseStream.MoveNext(CancellationToken.None));
        using var stranger = _probe.Talk();
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => stranger.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task Device_IsServedOnlyWhereTheContractSaysSo()
    {
        Assert.Equal("pump-1", (await _probe.IngestAsync(new ProbeRequest(), Device())).Subject);
        await AssertRefused(StatusCode.PermissionDenied, "DEVICE_NOT_ALLOWED", () => _probe.ReadAsync(Surveys, Device("*")).ResponseAsync);
        await AssertRefused(StatusCode.PermissionDenied, "DEVICE_NOT_ALLOWED", () => _probe.SignedInAsync(new ProbeRequest(), Device("*")).ResponseAsync);
    }

    [Fact]
    public async Task DeviceRpc_AsUser_StillTakesThePermission()
    {
        Assert.Equal("alice", (await _probe.IngestAsync(new ProbeRequest(), With("iot:ingest"))).Subject);
        await AssertRefused(StatusCode.PermissionDenied, "PERMISSION_DENIED", () => _probe.IngestAsync(new ProbeRequest(), With("iot:read")).ResponseAsync);
    }

    [Fact]
    public async Task Planned_SaysThatItIsNotServedYet()
    {
        await AssertRefused(StatusCode.Unimplemented, "PLANNED", () => _probe.LaterAsync(new ProbeRequest(), With()).ResponseAsync);
        await AssertRefused(StatusCode.Unauthenticated, "CREDENTIAL_MISSING", () => _probe.LaterAsync(new ProbeRequest()).ResponseAsync);
    }

    private static async Task<ErrorInfo> AssertRefused<T>(StatusCode code, string reason, Func<Task<T>> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(code, exception.StatusCode);
        var info = exception.ToStatus().Detail<ErrorInfo>();
        Assert.NotNull(info);
        Assert.Equal(reason, info.Reason);
        Assert.Equal("aimesh", info.Domain);
        return info;
    }
}
