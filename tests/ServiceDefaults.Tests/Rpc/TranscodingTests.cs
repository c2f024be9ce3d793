using System.Net.Http.Json;
using System.Text.Json;
using AiMesh.ServiceDefaults.Tests.Hosting;

namespace AiMesh.ServiceDefaults.Tests.Rpc;

/// <summary>The same RPCs as JSON over HTTP/1.1: the same access, the same errors.</summary>
public sealed class TranscodingTests(ProbeFixture fixture) : IClassFixture<ProbeFixture>
{
    [Fact]
    public async Task Call_WithPermission_IsServed()
    {
        var (status, reply) = await GetAsync("/probe/datasets/surveys", fixture.Authority.Token(permissions: ["data:read:surveys"]));

        Assert.Equal(200, status);
        Assert.Equal("alice", reply.GetProperty("subject").GetString());
        Assert.Equal(32, reply.GetProperty("traceId").GetString()!.Length);
    }

    [Theory]
    [InlineData("/probe/datasets/surveys", null, 401, "CREDENTIAL_MISSING")]
    [InlineData("/probe/datasets/surveys", "data:read:movies", 403, "PERMISSION_DENIED")]
    [InlineData("/probe/datasets/a:b", "*", 400, "INVALID_FIELD")]
    [InlineData("/probe/fail/fields", null, 400, "INVALID_FIELDS")]
    [InlineData("/probe/fail/missing", null, 404, "NOT_FOUND")]
    [InlineData("/probe/fail/retry", null, 503, "UNAVAILABLE")]
    [InlineData("/probe/fail/deadlock", null, 409, "TRANSACTION_CONFLICT")]
    [InlineData("/probe/fail/anything", null, 500, "INTERNAL")]
    public async Task Failure_IsGoogleRpcStatusWithDetails(string path, string? permission, int status, string reason)
    {
        var (answered, error) = await GetAsync(path, permission is null ? null : fixture.Authority.Token(permissions: [permission]));

        Assert.True(status == answered, $"{answered}: {error} {fixture.Host.Log.Text}");
        var info = error.GetProperty("details").EnumerateArray().Single(static detail => detail.GetProperty("@type").GetString() == "type.googleapis.com/google.rpc.ErrorInfo");
        Assert.Equal(reason, info.GetProperty("reason").GetString());
        Assert.Equal("aimesh", info.GetProperty("domain").GetString());
        foreach (var secret in new[] { "SELECT", "secret_salaries", "   at ", "Exception" }) Assert.DoesNotContain(secret, error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Failure_OfFields_NamesThem()
    {
        var (_, error) = await GetAsync("/probe/fail/fields", null);

        var fields = error.GetProperty("details").EnumerateArray().Single(static detail => detail.TryGetProperty("fieldViolations", out _)).GetProperty("fieldViolations");
        Assert.Equal(["dataset", "text"], fields.EnumerateArray().Select(static violation => violation.GetProperty("field").GetString()!));
    }

    private async Task<(int Status, JsonElement Body)> GetAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        using var response = await fixture.Host.Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }
}
