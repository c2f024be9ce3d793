using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace AiMesh.ServiceDefaults.Tests.Errors;

/// <summary>Hand-written HTTP endpoints: access and errors, all as problem details.</summary>
public sealed class ExceptionBoundaryTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;
    private MeshHost _host = null!;

    public async Task InitializeAsync()
    {
        _authority = await TestAuthority.StartAsync();
        _host = await MeshHost.StartAsync(_authority, map: static app =>
        {
            app.MapGet("/mesh", static string () => throw new MeshException(new InvalidField("question", "must not be empty.")));
            app.MapGet("/result", static () => new Unavailable("the model") { RetryAfter = TimeSpan.FromMilliseconds(1500) }.ToProblem());
            app.MapGet("/rpc", static string () => throw new NotFound("dataset", "x").ToRpcException());
            app.MapGet("/peer", static string () => throw new RpcException(new Status(StatusCode.Unavailable, "10.0.0.7 refused", new IOException("socket"))));
            app.MapGet("/peer-lost", static string () => throw new RpcException(new Status(StatusCode.Internal, "10.0.0.7 answered no ping", new HttpRequestException("socket"))));
            app.MapGet("/database", static string () => throw new NpgsqlException("Password=hunter2", new IOException("pipe")));
            app.MapGet("/fault", static string () => throw new InvalidOperationException("SELECT * FROM secrets"));
            app.MapPost("/body", static (Body body) => body.Question);
            app.MapGet("/ask", static (HttpContext context) => context.GetPrincipal().Subject).RequireAccess("ai:ask");
            app.MapGet("/data/{dataset}", static (string dataset) => dataset).RequireAccess("data:read:{dataset}", devices: true);
            app.MapPost("/guarded", static (Body body) => body.Question).RequireSignIn();
            app.MapGet("/late", static async (HttpContext context) =>
            {
                await context.Response.WriteAsync("half");
                await context.Response.Body.FlushAsync();
                throw new InvalidOperationException("SELECT * FROM secrets");
            });
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _authority.DisposeAsync();
    }

    [Theory]
    [InlineData("/mesh", 400, "INVALID_FIELD")]
    [InlineData("/result", 503, "UNAVAILABLE")]
    [InlineData("/rpc", 404, "NOT_FOUND")]
    [InlineData("/peer", 503, "UNAVAILABLE")]
    [InlineData("/peer-lost", 503, "UNAVAILABLE")]
    [InlineData("/database", 503, "UNAVAILABLE")]
    [InlineData("/fault", 500, "INTERNAL")]
    [InlineData("/nowhere", 404, "NOT_FOUND")]
    [InlineData("/body", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("/ask", 401, "CREDENTIAL_MISSING")]
    [InlineData("/data/surveys", 401, "CREDENTIAL_MISSING")]
    public async Task EveryError_IsAProblem(string path, int status, string reason)
    {
        using var response = await _host.Http.GetAsync(new Uri(path, UriKind.Relative));

        var problem = await AssertProblemAsync(response, status, reason);
        Assert.Equal(path, problem.GetProperty("instance").GetString());
        Assert.Equal(32, problem.GetProperty("traceId").GetString()!.Length);
        foreach (var secret in new[] { "SELECT", "hunter2", "10.0.0.7", "   at " }) Assert.DoesNotContain(secret, problem.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task InvalidField_IsNamed()
    {
        using var response = await _host.Http.GetAsync(new Uri("/mesh", UriKind.Relative));

        var problem = await AssertProblemAsync(response, 400, "INVALID_FIELD");
        Assert.Equal("question", problem.GetProperty("errors")[0].GetProperty("field").GetString());
    }

    [Fact]
    public async Task RetryAfter_IsWholeSecondsUpwards()
    {
        using var response = await _host.Http.GetAsync(new Uri("/result", UriKind.Relative));

        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Unauthenticated_NamesTheScheme()
    {
        using var missing = await GetAsync("/ask", null);
        using var bad = await GetAsync("/ask", "a.b.c");

        Assert.Equal("Bearer", missing.Headers.WwwAuthenticate.ToString());
        Assert.Equal("Bearer error=\"invalid_token\"", bad.Headers.WwwAuthenticate.ToString());
        await AssertProblemAsync(bad, 401, "TOKEN_INVALID");
    }

    [Fact]
    public async Task Endpoint_FollowsItsPermission()
    {
        using var allowed = await GetAsync("/ask", _authority.Token(permissions: ["ai:ask"]));
        using var refused = await GetAsync("/ask", _authority.Token(permissions: ["ai:chat"]));

        Assert.Equal("alice", await allowed.Content.ReadAsStringAsync());
        var problem = await AssertProblemAsync(refused, 403, "PERMISSION_DENIED");
        Assert.Equal("ai:ask", problem.GetProperty("metadata").GetProperty("permission").GetString());
    }

    [Fact]
    public async Task Endpoint_WithRouteValueInItsPermission_FollowsIt()
    {
        var token = _authority.Token(permissions: ["data:read:surveys"]);
        using var allowed = await GetAsync("/data/surveys", token);
        using var refused = await GetAsync("/data/movies", token);
        using var odd = await GetAsync("/data/a%3Ab", _authority.Token(permissions: ["*"]));
        using var device = await GetAsync("/data/movies", _authority.Token("pump-1", kind: PrincipalKind.Device));

        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        await AssertProblemAsync(refused, 403, "PERMISSION_DENIED");
        await AssertProblemAsync(odd, 400, "INVALID_FIELD");
        Assert.Equal(HttpStatusCode.OK, device.StatusCode);
    }

    [Fact]
    public async Task Device_IsRefusedWhereItWasNotForeseen()
    {
        using var refused = await GetAsync("/ask", _authority.Token("pump-1", permissions: ["*"], kind: PrincipalKind.Device));

        await AssertProblemAsync(refused, 403, "DEVICE_NOT_ALLOWED");
    }

    [Fact]
    public async Task GuardedEndpoint_ReadsNoBodyOfStrangers()
    {
        using var content = new StringContent("{ not json", Encoding.UTF8, "application/json");
        using var response = await _host.Http.PostAsync(new Uri("/guarded", UriKind.Relative), content);

        await AssertProblemAsync(response, 401, "CREDENTIAL_MISSING");
    }

    [Theory]
    [InlineData("{ not json", "application/json", 400, "BAD_REQUEST")]
    [InlineData("{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE")]
    public async Task MalformedBody_IsAProblem(string body, string type, int status, string reason)
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var response = await _host.Http.PostAsync(new Uri("/body", UriKind.Relative), content);

        await AssertProblemAsync(response, status, reason);
    }

    [Fact]
    public async Task HugeBody_IsRefused()
    {
        using var content = JsonContent.Create(new Body(new string('x', 11 * 1024 * 1024)));
        await content.LoadIntoBufferAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/body", UriKind.Relative)) { Content = content };
        request.Headers.ExpectContinue = true;
        using var response = await _host.Http.SendAsync(request);

        await AssertProblemAsync(response, 413, "TOO_LARGE");
    }

    [Fact]
    public async Task Fault_AfterTheAnswerBegan_CutsItOffWithoutAWord()
    {
        using var response = await _host.Http.GetAsync(new Uri("/late", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var received = new MemoryStream();
        await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(received));

        Assert.Equal("half", Encoding.UTF8.GetString(received.ToArray()));
    }

    [Fact]
    public async Task Server_DoesNotIntroduceItself()
    {
        using var response = await _host.Http.GetAsync(new Uri("/nowhere", UriKind.Relative));

        Assert.False(response.Headers.Contains("Server"));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await _host.Http.SendAsync(request);
    }

    private static async Task<JsonElement> AssertProblemAsync(HttpResponseMessage response, int status, string reason)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(reason, problem.GetProperty("reason").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        return problem;
    }

    private sealed record Body(string Question);
}
