using System.Globalization;
using Aspire.Hosting.Testing;

namespace AiMesh.Mesh.Tests.ForeignClients;

/// <summary>Mosquitto's own client against the MQTT listener (T2).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class MosquittoTests(MeshFixture mesh)
{
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public async Task Publish_WithTheDevicesCredential_IsStored(string qos)
    {
        using var client = await mesh.ClientAsync("admin");
        var id = $"mqtt-{Guid.NewGuid():N}"[..20];
        var credential = (await client.PostAsync("/api/iot/devices", $$"""{"deviceId":"{{id}}","device":{} }""")).Ok().Text("credential");

        var published = await PublishAsync(id, credential, id, qos);
        Assert.True(published.ExitCode == 0, published.Error);

        var deadline = DateTime.UtcNow.AddSeconds(10);
        int stored;
        do
        {
            await Task.Delay(100);
            stored = (await client.FetchAsync($"/api/iot/devices/{id}/readings")).Ok().Array("readings").Count;
        }
        while (stored == 0 && DateTime.UtcNow < deadline);
        Assert.Equal(1, stored);
    }

    [Fact]
    public async Task Connect_WithAWrongCredential_IsRefused()
    {
        var published = await PublishAsync("demo-pump-1", "amd_wrong", "demo-pump-1", "1");
        Assert.NotEqual(0, published.ExitCode);
        Assert.Contains("refused", published.Error, StringComparison.OrdinalIgnoreCase);
    }

    private Task<(int ExitCode, string Output, string Error)> PublishAsync(string user, string password, string device, string qos)
    {
        var endpoint = mesh.App.GetEndpoint("iot", "mqtt");
        return Tool.RunAsync("mosquitto_pub",
        [
            "-h", endpoint.Host, "-p", endpoint.Port.ToString(CultureInfo.InvariantCulture), "-u", user, "-P", password, "-q", qos,
            "-t", $"devices/{device}/readings", "-m", """{"metric":"temperature","value":21.5}""",
        ]);
    }
}
