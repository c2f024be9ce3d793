using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.ServiceDefaults.Tests.Errors;

public sealed class ProblemJsonTests
{
    [Fact]
    public void FromStatus_OfFields_HasThemAll()
    {
        var problem = ProblemJson.FromStatus(new InvalidField("page_size", "must be 1 to 1000.").ToStatus(), "/api/data/datasets") with { TraceId = "t" };

        Assert.Equal(
            """{"type":"https://aimesh/errors/invalid-field","title":"Invalid field","status":400,"detail":"page_size: must be 1 to 1000.","instance":"/api/data/datasets","reason":"INVALID_FIELD","errors":[{"field":"page_size","description":"must be 1 to 1000."}],"traceId":"t"}""",
            Encoding.UTF8.GetString(problem.ToJson()));
    }

    [Fact]
    public void FromStatus_WithoutDetails_NamesTheCode()
    {
        var problem = ProblemJson.FromStatus(new Google.Rpc.Status { Code = 12 });

        Assert.Equal((501, "UNIMPLEMENTED", "https://aimesh/errors/unimplemented"), (problem.Status, problem.Reason, problem.Type));
        Assert.Null(problem.Errors);
        Assert.NotEmpty(problem.Detail);
    }

    [Fact]
    public void FromStatus_OfNoCodeAtAll_IsInternal()
    {
        var problem = ProblemJson.FromStatus(new Google.Rpc.Status { Code = 4711, Message = "?" });

        Assert.Equal((500, "UNKNOWN"), (problem.Status, problem.Reason));
    }

    [Fact]
    public void FromStatus_KeepsMetadataAndRetry()
    {
        var problem = ProblemJson.FromStatus((new PermissionDenied("ai:ask") { RetryAfter = TimeSpan.FromSeconds(2) }).ToStatus());

        Assert.Equal("ai:ask", problem.Metadata!["permission"]);
        Assert.Equal(TimeSpan.FromSeconds(2), problem.RetryAfter);
        using var json = JsonDocument.Parse(problem.ToJson());
        Assert.False(json.RootElement.TryGetProperty("retryAfter", out _));
    }
}
