using AiMesh.AiService.Providers;
using Microsoft.Extensions.Configuration;

namespace AiMesh.AiService.Tests.Providers;

public sealed class ProvidersOptionsTests
{
    [Fact]
    public void Options_ThatAreRight_Pass()
    {
        var options = Bind(new()
        {
            ["Providers:ollama:BaseUrl"] = "http://127.0.0.1:11434/v1",
            ["Providers:ollama:StaysInTheMesh"] = "true",
            ["Providers:ollama:Models:0:Name"] = "llama3.1:8b",
        });

        Assert.True(new ProvidersOptionsValidator().Validate(null, options).Succeeded);
        Assert.Equal("llama3.1:8b", options["ollama"].Models[0].Name);
    }

    [Fact]
    public void Options_ThatAreWrong_AreAllReportedAndNoKeyIsRepeated()
    {
        var options = Bind(new()
        {
            ["Providers:Open AI:BaseUrl"] = "ftp://user:hunter2@x/v1",
            ["Providers:Open AI:ApiKey"] = "sk-secret with space",
            ["Providers:Open AI:Kind"] = "Telepathy",
            ["Providers:Open AI:Models:0:Name"] = "",
            ["Providers:Open AI:Models:0:InputPrice"] = "0.1234567",
            ["Providers:Open AI:Models:0:OutputPrice"] = "-1",
            ["Providers:Open AI:Models:0:Quality"] = "2",
            ["Providers:Open AI:Models:0:Capabilities:0"] = "mindreading",
            ["Providers:local:BaseUrl"] = "http://127.0.0.1/v1",
            ["Providers:off:Enabled"] = "false",
        });

        var result = new ProvidersOptionsValidator().Validate(null, options);

        var text = string.Join('\n', result.Failures!);
        foreach (var part in new[] { "Providers:Open AI: a name", "BaseUrl", "ApiKey", "Kind", "Models:0:Name", "InputPrice", "OutputPrice", "Quality", "mindreading", "Providers:local", "Providers:local:Models" })
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Providers:off", text, StringComparison.Ordinal);
    }

    private static ProvidersOptions Bind(Dictionary<string, string?> settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings).Build().GetSection("Providers").Get<ProvidersOptions>()!;
}
