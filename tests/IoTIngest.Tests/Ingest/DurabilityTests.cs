using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Tests.Mqtt;
using AiMesh.IoTIngest.Tests.Mqtt.Protocol;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Ingest;

/// <summary>What was acknowledged is there after kill -9 (T4).</summary>
[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class DurabilityTests(IotFixture fixture)
{
    [Fact]
    public async Task StreamReadings_ServiceKilled_KeepsWhatWasAnswered()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var service = await IotServiceProcess.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        using var stream = new Iot.V1.Ingest.IngestClient(service.Channel).StreamReadings(device.Headers);
        var answered = new ConcurrentBag<string>();
        var sending = SendUntilBrokenAsync(stream, device);
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var answer in stream.ResponseStream.ReadAllAsync())
            {
                answered.Add(answer.RequestId);
                if (answered.Count == 300)
                    service.Kill();
            }
        });
        await sending;

        Assert.True(answered.Count >= 300);
        var stored = (await someone.ReadAsync()).Select(reading => (int)reading.Value).ToHashSet();
        Assert.All(answered, id => Assert.Contains(int.Parse(id, CultureInfo.InvariantCulture), stored));

        // Sent again, as a device does that had no answer: nothing is there twice.
        foreach (var id in answered.Take(20).Append((stored.Count + 5).ToString(CultureInfo.InvariantCulture)))
            await someone.Ingest.IngestReadingsAsync(Request(device, int.Parse(id, CultureInfo.InvariantCulture)), device.Headers);
        var values = (await someone.ReadAsync()).Select(reading => reading.Value).ToList();
        Assert.Equal(values.Distinct().Count(), values.Count);
    }

    [Fact]
    public async Task MqttPublish_ServiceKilled_KeepsWhatWasAcknowledged()
    {
        const int Count = 5_000;
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var service = await IotServiceProcess.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        await using var client = await RawMqttClient.ConnectAsync(service.Ports.Mqtt, device);
        var sending = Task.Run(async () =>
        {
            try
            {
                for (ushort id = 1; id <= Count; id++)
                    await client.SendAsync(Packets.Publish("devices/pump-1/readings", $$"""{"metric":"t","value":{{id}}}""", 0x02, id));
            }
            catch (IOException)
            {
                // Killed.
            }
        });

        var acknowledged = 0;
        while (await client.ReceiveAsync() is [0x40, 2, var high, var low])
        {
            acknowledged++;
            Assert.Equal(acknowledged, (high << 8) | low);
            if (acknowledged == 500)
                service.Kill();
        }

        await sending;
        Assert.InRange(acknowledged, 500, Count - 1);
        var stored = (await someone.ReadAsync()).Select(reading => (int)reading.Value).ToHashSet();
        Assert.All(Enumerable.Range(1, acknowledged), id => Assert.Contains(id, stored));
    }

    private static async Task SendUntilBrokenAsync(AsyncDuplexStreamingCall<IngestReadingsRequest, IngestReadingsResponse> stream, TestDevice device)
    {
        try
        {
            for (var number = 0; number < 100_000; number++)
                await stream.RequestStream.WriteAsync(Request(device, number));
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or IOException)
        {
            // Killed.
        }
    }

    private static IngestReadingsRequest Request(TestDevice device, int number) =>
        device.Request(number.ToString(CultureInfo.InvariantCulture), ("t", number, null));
}
