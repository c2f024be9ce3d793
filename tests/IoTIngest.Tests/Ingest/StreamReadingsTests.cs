using AiMesh.Iot.V1;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Ingest;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class StreamReadingsTests(IotFixture fixture)
{
    [Fact]
    public async Task StreamReadings_ManyUnderWay_AreAnsweredInOrderAndStored()
    {
        const int Requests = 500;
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        using var stream = someone.Ingest.StreamReadings(device.Headers);
        var answers = Task.Run(async () =>
        {
            List<IngestReadingsResponse> all = [];
            await foreach (var answer in stream.ResponseStream.ReadAllAsync())
                all.Add(answer);
            return all;
        });
        for (var number = 0; number < Requests; number++)
            await stream.RequestStream.WriteAsync(device.Request($"r{number}", ("t", number, null), ("bad metric", 0, null)));
        await stream.RequestStream.CompleteAsync();

        var received = await answers;
        Assert.Equal(Enumerable.Range(0, Requests).Select(number => $"r{number}"), received.Select(answer => answer.RequestId));
        Assert.All(received, answer => Assert.Equal((1, 1), (answer.Accepted, answer.Rejected.Count)));
        Assert.Equal(Requests, (await someone.ReadAsync()).Count);
    }

    [Fact]
    public async Task StreamReadings_WrongRequestInTheMiddle_EndsAfterTheEarlierAnswers()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        using var stream = someone.Ingest.StreamReadings(device.Headers);
        await stream.RequestStream.WriteAsync(device.Request("good", ("t", 1, null)));
        await stream.RequestStream.WriteAsync(device.Request("empty"));

        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("good", stream.ResponseStream.Current.RequestId);
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public async Task StreamReadings_DeviceThatIsNotGranted_IsDenied()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync("pump-1");
        var other = await someone.CreateDeviceAsync("pump-2");
        var limited = fixture.OperatorOf(someone.Organisation, permissions: ["iot:ingest", "iot:ingest:pump-1"]);
        using var stream = limited.Ingest.StreamReadings(limited.Headers);
        await stream.RequestStream.WriteAsync(other.Request("", ("t", 1, null)));
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }

    [Fact]
    public async Task StreamReadings_CallerCancels_LeavesNothingBehind()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        using (var stream = someone.Ingest.StreamReadings(device.Headers))
        {
            await stream.RequestStream.WriteAsync(device.Request("1", ("t", 1, null)));
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        }

        await Eventually.HoldsAsync(() => Task.FromResult(Connections().Count == 0), TimeSpan.FromSeconds(5));

        AiMesh.IoTIngest.Devices.DeviceConnections Connections() =>
            (AiMesh.IoTIngest.Devices.DeviceConnections)fixture.Service.Services.GetService(typeof(AiMesh.IoTIngest.Devices.DeviceConnections))!;
    }
}
