using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Rpc;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Tests.Rpc;

/// <summary>Two services: "front" calls "back" for whoever called it.</summary>
public sealed class MeshClientTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;
    private MeshHost _back = null!;
    private MeshHost _front = null!;

    public async Task InitializeAsync()
    {
        _authority = await TestAuthority.StartAsync();
        _back = await MeshHost.StartAsync(_authority);
        _front = await MeshHost.StartAsync(
            _authority,
            static builder => builder.AddMeshClient<Probe.V1.Probe.ProbeClient>("back"),
            settings: new Dictionary<string, string?> { ["Services:back:grpc:0"] = _back.GrpcAddress.ToString() });
    }

    public async Task DisposeAsync()
    {
        await _front.DisposeAsync();
        await _back.DisposeAsync();
        await _authority.DisposeAsync();
    }

    private Metadata Alice => MeshHost.Bearer(_authority.Token(permissions: ["data:read:surveys"]));

    [Fact]
    public async Task Call_CarriesTheCallersToken()
    {
        var reply = await _front.Probe.RelayAsync(new ProbeRequest { Dataset = "surveys" }, Alice);

        Assert.Equal("alice", reply.Subject);
    }

    [Fact]
    public async Task Refusal_OfTheSecondService_ReachesTheCallerWithDetails()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => _front.Probe.RelayAsync(new ProbeRequest { Dataset = "movies" }, Alice).ResponseAsync);

        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
        Assert.Contains("data:read:movies", ServiceDefaults.Errors.StatusDetails.ToStatus(exception).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_TakesOverTheCallersDeadline()
    {
        var reply = await _front.Probe.RelayAsync(new ProbeRequest { Dataset = "surveys" }, Alice, DateTime.UtcNow.AddSeconds(60));

        Assert.InRange(int.Parse(reply.Text, System.Globalization.CultureInfo.InvariantCulture), 50, 60);
    }

    [Fact]
    public async Task Call_OutsideOfARequest_IsMadeForNobody()
    {
        var client = _front.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();

        Assert.Equal("", (await client.AnyoneAsync(new ProbeRequest())).Subject);
        await Assert.ThrowsAsync<RpcException>(() => client.SignedInAsync(new ProbeRequest()).ResponseAsync);
    }

    [Fact]
    public async Task Call_WithCredentialOfItsOwn_KeepsIt()
    {
        var client = _front.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();

        Assert.Equal("bob", (await client.SignedInAsync(new ProbeRequest(), MeshHost.Bearer(_authority.Token("bob")))).Subject);
    }

    [Fact]
    public async Task Call_WithoutSecondService_TellsNoAddress()
    {
        await _back.DisposeAsync();

        var exception = await Assert.ThrowsAsync<RpcException>(() => _front.Probe.RelayAsync(new ProbeRequest { Dataset = "surveys" }, Alice).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.DoesNotContain("127.0.0.1", exception.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_IsOneAcrossBothServices()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
        var headers = Alice;
        headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");

        var reply = await _front.Probe.RelayAsync(new ProbeRequest { Dataset = "surveys" }, headers);

        Assert.Equal(TraceId, reply.TraceId);
        Assert.NotEqual("00f067aa0ba902b7", reply.ParentSpanId);
    }

    [Fact]
    public void Retries_AreForReadsOnly()
    {
        var config = IdempotentRetries.For(typeof(Probe.V1.Probe.ProbeClient))!;

        Assert.Equal(["SignedIn", "Read", "Fail"], Assert.Single(config.MethodConfigs).Names.Select(static name => name.Method));
        Assert.Equal(3, config.MethodConfigs[0].RetryPolicy!.MaxAttempts);
    }
}
