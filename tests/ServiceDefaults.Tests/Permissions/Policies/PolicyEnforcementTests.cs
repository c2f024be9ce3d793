using System.Net;
using AiMesh.Common.Rpc;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions.Policies;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static AiMesh.ServiceDefaults.Permissions.Policies.AccessPolicyEffect;
using static AiMesh.ServiceDefaults.Tests.Permissions.Policies.Calls;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

/// <summary>A5: a service goes by the authority's policies within two seconds, and refuses where it cannot know them.</summary>
[Trait("Level", "Server")]
public sealed class PolicyEnforcementTests : IAsyncLifetime
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);
    private static readonly ProbeRequest Surveys = new() { Dataset = "surveys" };

    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => _authority = await TestAuthority.StartAsync();

    public async Task DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task Policies_AreFollowedWithinTwoSeconds_AndTakenBack()
    {
        await using var host = await StartAsync();
        Assert.Equal("", await ReasonAsync(host));

        _authority.SetPolicies("demo", Rule("", Deny, "data:read:surveys"));
        await Eventually.HoldsAsync(async () => await ReasonAsync(host) == "POLICY_DENIED", Promise);
        Assert.Equal("", await ReasonAsync(host, organisation: "other"));
        Assert.Equal("", await ReasonAsync(host, dataset: "movies"));

        _authority.SetPolicies("demo");
        await Eventually.HoldsAsync(async () => await ReasonAsync(host) == "", Promise);
    }

    [Fact]
    public async Task Policies_HoldForRpcsStreamsEndpointsAndChecksInBodies()
    {
        _authority.SetPolicies("demo", Rule("", Deny));
        await using var host = await StartAsync();
        var headers = Headers();

        Assert.Equal("POLICY_DENIED", await ReasonAsync(host));
        using var watch = host.Probe.Watch(Surveys, headers);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(default))).StatusCode);
        using var upload = host.Probe.Upload(headers);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => upload.ResponseAsync)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(host, "/data/surveys")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(host, "/probe/datasets/surveys")).StatusCode);
        Assert.Equal("False", await (await GetAsync(host, "/may")).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, "/probe/me")).StatusCode);
    }

    [Fact]
    public async Task Policies_WhileTheAuthorityIsAway_StayInForce()
    {
        _authority.SetPolicies("demo", Rule("", Deny));
        await using var host = await StartAsync();
        Assert.Equal("POLICY_DENIED", await ReasonAsync(host));
        Assert.Equal("", await ReasonAsync(host, organisation: "other"));

        await _authority.StopAsync();
        await Eventually.HoldsAsync(() => Task.FromResult(host.Log.Text.Contains("policies cannot be fetched", StringComparison.Ordinal)), TimeSpan.FromSeconds(20));
        Assert.Equal("POLICY_DENIED", await ReasonAsync(host));
        Assert.Equal("", await ReasonAsync(host, organisation: "other"));

        _authority.SetPolicies("demo");
        await _authority.StartAgainAsync();
        await Eventually.HoldsAsync(async () => await ReasonAsync(host) == "", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Policies_AfterTheAuthorityWasRestored_AreReadAnew()
    {
        _authority.SetPolicies("demo", Rule("", Deny));
        _authority.SetPolicies("other", Rule("", Deny));
        await using var host = await StartAsync();
        Assert.Equal("POLICY_DENIED", await ReasonAsync(host));

        _authority.ForgetPolicies();
        await Eventually.HoldsAsync(async () => await ReasonAsync(host) == "" && await ReasonAsync(host, organisation: "other") == "", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Address_IsWhatTheMeshSaysIsTheClients()
    {
        _authority.SetPolicies("demo", Rule("context.address = 192.0.2.0/24"));
        await using var host = await StartAsync();

        Assert.Equal("POLICY_DENIED", await ReasonAsync(host));
        Assert.Equal("", await ReasonAsync(host, forwarded: "192.0.2.7"));
        Assert.Equal("", await ReasonAsync(host, forwarded: "203.0.113.1, ::ffff:192.0.2.7"));
        Assert.Equal("POLICY_DENIED", await ReasonAsync(host, forwarded: "192.0.2.7, 203.0.113.1"));
        Assert.Equal("POLICY_DENIED", await ReasonAsync(host, forwarded: "unknown"));
    }

    [Fact]
    public async Task Health_IsUnhealthyUntilPoliciesWereFetched()
    {
        await _authority.StopAsync();
        await using var host = await StartAsync();
        var entry = (await host.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["authority"];

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal("Access policies were never fetched.", entry.Description);
    }

    private Task<MeshHost> StartAsync() => MeshHost.StartAsync(_authority, map: static app =>
    {
        app.MapRpc<ProbeService>();
        app.MapGet("/data/{dataset}", static (string dataset) => dataset).RequireAccess("data:read:{dataset}");
        app.MapGet("/may", static (HttpContext context) => $"{context.GetPrincipal().Allows("data:read:x")}").RequireSignIn();
    });

    private Metadata Headers(string organisation = "demo") => MeshHost.Bearer(_authority.Token(organisation: organisation, permissions: ["data:*"]));

    private async Task<string> ReasonAsync(MeshHost host, string organisation = "demo", string dataset = "surveys", string? forwarded = null)
    {
        var headers = Headers(organisation);
        if (forwarded is not null) headers.Add("x-forwarded-for", forwarded);
        try
        {
            await host.Probe.ReadAsync(new ProbeRequest { Dataset = dataset }, headers);
            return "";
        }
        catch (RpcException exception)
        {
            return exception.ToStatus().Detail<ErrorInfo>()?.Reason ?? "";
        }
    }

    private async Task<HttpResponseMessage> GetAsync(MeshHost host, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Authorization", $"Bearer {_authority.Token(permissions: ["data:*"])}");
        return await host.Http.SendAsync(request);
    }
}
