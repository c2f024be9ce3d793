using System.Net;

namespace AiMesh.Mesh.Tests;

/// <summary>The OpenAI-compatible entry (G12), as an SDK uses it.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class OpenAiTests(MeshFixture mesh)
{
    private const string Question = """{"model":"auto","messages":[{"role":"user","content":"What can you do?"}]""";

    [Fact]
    public async Task Completion_HasOpenAisShape()
    {
        using var client = await mesh.ClientAsync("member");
        var answer = (await client.PostAsync("/v1/chat/completions", Question + "}")).Ok();

        Assert.Equal("chat.completion", answer.Text("object"));
        Assert.NotEmpty(answer.Array("choices")[0]!["message"]!.Text("content"));
        Assert.Equal("stop", answer.Array("choices")[0]!.Text("finish_reason"));
        Assert.True(answer["usage"]!["total_tokens"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task Stream_EndsWithUsageAndDone()
    {
        using var client = await mesh.ClientAsync("member");
        var answer = await client.PostAsync("/v1/chat/completions", Question + ""","stream":true,"stream_options":{"include_usage":true} }""");
        var events = ServerSentEvent.Parse(answer.Text);

        Assert.Equal("text/event-stream", answer.MediaType);
        Assert.Equal("[DONE]", events[^1].Data);
        Assert.Contains("\"total_tokens\"", events[^2].Data, StringComparison.Ordinal);
        Assert.Contains("\"chat.completion.chunk\"", events[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_AreListed_AndErrorsHaveOpenAisShape()
    {
        using var member = await mesh.ClientAsync("member");
        var models = (await member.FetchAsync("/v1/models")).Ok();
        Assert.Contains(models.Array("data"), model => model!.Text("id") == "local/analyst");

        using var viewer = await mesh.ClientAsync("viewer");
        var refused = await viewer.PostAsync("/v1/chat/completions", Question + "}");
        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        Assert.Equal("permission_error", refused.Json!["error"]!.Text("type"));
    }
}
