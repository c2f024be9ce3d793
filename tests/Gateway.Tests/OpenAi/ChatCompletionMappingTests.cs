using System.Text.Json;
using AiMesh.Ai.V1;
using AiMesh.Gateway.OpenAi;

namespace AiMesh.Gateway.Tests.OpenAi;

public sealed class ChatCompletionMappingTests
{
    [Fact]
    public void Request_IsMappedFieldByField()
    {
        var request = Parse("""
            {"model":"local/analyst","temperature":0.5,"top_p":0.9,"max_completion_tokens":7,"stop":["a","b"],"user":"ignored",
             "messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hello"},{"type":"text","text":"there"}]}]}
            """);

        Assert.True(ChatCompletionMapping.TryMap(request, out var mapped, out _));
        Assert.Equal(
            new CompleteRequest
            {
                Model = "local/analyst",
                Temperature = 0.5,
                TopP = 0.9,
                MaxOutputTokens = 7,
                Stop = { "a", "b" },
                Messages =
                {
                    new Message { Role = Message.Types.Role.System, Content = "Be brief." },
                    new Message { Role = Message.Types.Role.User, Content = "Hello\nthere" },
                },
            },
            mapped);
    }

    [Theory]
    [InlineData("""{}""", "messages")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":[null]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"robot","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":2}""", "n")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{}]}""", "tools")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":5}""", "stop")]
    public void BadRequest_NamesTheParameter(string json, string parameter)
    {
        Assert.False(ChatCompletionMapping.TryMap(Parse(json), out _, out var error));
        Assert.Equal(parameter, error.Param);
    }

    private static ChatCompletionRequest Parse(string json) => JsonSerializer.Deserialize(json, OpenAiJson.Default.ChatCompletionRequest)!;
}
