using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;

namespace AiMesh.IoTIngest.Tests.Mqtt;

/// <summary>The command line clients of Eclipse Mosquitto, as foreign witnesses. Package mosquitto-clients.</summary>
[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class MosquittoTests(IotFixture fixture)
{
    private const string Topic = "devices/pump-1/readings";

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public async Task MosquittoPub_Reading_IsStored(string qos)
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var (code, output) = await RunAsync("mosquitto_pub", device, "-q", qos, "-t", Topic, "-m", """{"metric":"t","value":21.5}""");
        Assert.True(code == 0, output);
        await Eventually.HoldsAsync(async () => (await someone.ReadAsync()) is [{ Metric: "t", Value: 21.5 }], TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task MosquittoPub_ManyLines_AreAllStored()
    {
        const int Count = 1_000;
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        using var process = Start("mosquitto_pub", device, "-q", "1", "-t", Topic, "-l");
        for (var number = 0; number < Count; number++)
            await process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"metric":"t","value":{{number}}}"""));
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(Count, (await someone.ReadAsync()).Count);
    }

    [Theory]
    [InlineData("amd_wrong", "mqttv311", "bad user name or password")]
    [InlineData("", "mqttv5", "Unsupported Protocol Version")]
    public async Task MosquittoPub_Refused_SaysWhy(string credential, string version, string expected)
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        var (code, output) = await RunAsync(
            "mosquitto_pub", credential.Length > 0 ? device with { Credential = credential } : device, "-V", version, "-q", "1", "-t", Topic, "-m", "{}");
        Assert.NotEqual(0, code);
        Assert.Contains(expected, output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task MosquittoSub_OwnTopics_HearsWhatIsPublished()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        using var listener = Start("mosquitto_sub", device, "-q", "1", "-t", "devices/pump-1/#", "-C", "3", "-v");
        var heard = listener.StandardOutput.ReadToEndAsync();

        // Over and over: there is no telling when the subscription stands.
        for (var round = 0; round < 20 && !listener.HasExited; round++)
        {
            await RunAsync("mosquitto_pub", device, "-q", "1", "-t", "devices/pump-1/status", "-m", "on");
            await RunAsync("mosquitto_pub", device, "-q", "0", "-t", "devices/pump-1/a/b", "-m", "x");
            await RunAsync("mosquitto_pub", device, "-q", "1", "-t", Topic, "-m", """{"metric":"t","value":1}""");
        }

        var output = await heard.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("devices/pump-1/status on", output);
        Assert.Contains("devices/pump-1/a/b x", output);
        Assert.Contains("""devices/pump-1/readings {"metric":"t","value":1}""", output);
    }

    private async Task<(int Code, string Output)> RunAsync(string program, TestDevice device, params string[] arguments)
    {
        using var process = Start(program, device, arguments);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return (process.ExitCode, await output + await errors);
    }

    private Process Start(string program, TestDevice device, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] all = ["-h", "127.0.0.1", "-p", fixture.Service.Ports.Mqtt.ToString(CultureInfo.InvariantCulture), "-u", device.Id, "-P", device.Credential, .. arguments];
        foreach (var argument in all)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
