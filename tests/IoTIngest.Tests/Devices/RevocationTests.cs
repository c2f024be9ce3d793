using System.Diagnostics;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Storage;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.IoTIngest.Tests.Devices;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class RevocationTests(IotFixture fixture)
{
    [Fact]
    public async Task RevokeDevice_Credential_IsRefusedAtOnce()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await SendAsync(someone, device);

        var revoked = await someone.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = "pump-1" }, someone.Headers);
        Assert.Equal(Device.Types.State.Revoked, revoked.State);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(someone, device))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await someone.Ingest.IngestReadingsAsync(device.Request("", ("t", 1, null)), someone.Headers))).StatusCode);
        Assert.Single(await someone.ReadAsync());
    }

    [Fact]
    public async Task RotateCredential_OldOne_IsRefusedAndNewOneWorks()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await SendAsync(someone, device);
        await someone.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = "pump-1" }, someone.Headers);

        var rotated = await someone.Devices.RotateCredentialAsync(new RotateCredentialRequest { Device = "pump-1" }, someone.Headers);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(someone, device))).StatusCode);
        await SendAsync(someone, device with { Credential = rotated.Credential });
        Assert.Equal(Device.Types.State.Online, (await someone.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "pump-1" }, someone.Headers)).State);
    }

    [Fact]
    public async Task RevokeDevice_OpenStream_IsEnded()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        using var stream = someone.Ingest.StreamReadings(device.Headers);
        await stream.RequestStream.WriteAsync(device.Request("1", ("t", 1, null)));
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        await someone.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = "pump-1" }, someone.Headers);
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
    }

    [Fact]
    public async Task RotateCredential_StreamOfAnotherReplica_IsEndedWithinTwoSeconds()
    {
        await using var replica = await IotServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        var here = fixture.NewOperator();
        var there = fixture.OperatorOf(here.Organisation, replica);
        var device = await here.CreateDeviceAsync();
        using var stream = there.Ingest.StreamReadings(device.Headers);
        await stream.RequestStream.WriteAsync(device.Request("1", ("t", 1, null)));
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        var started = Stopwatch.GetTimestamp();
        await here.Devices.RotateCredentialAsync(new RotateCredentialRequest { Device = "pump-1" }, here.Headers);
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(there, device))).StatusCode);
    }

    [Fact]
    public async Task RevokeDevice_WhileTheListenerIsCutOff_IsHeardOfWithinTwoSeconds()
    {
        await using var replica = await IotServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        var here = fixture.NewOperator();
        var there = fixture.OperatorOf(here.Organisation, replica);
        var device = await here.CreateDeviceAsync();
        using var stream = there.Ingest.StreamReadings(device.Headers);
        await stream.RequestStream.WriteAsync(device.Request("1", ("t", 1, null)));
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        await fixture.AskAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN device_changed' OR query = 'SELECT'");
        await here.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = "pump-1" }, here.Headers);
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(2)));
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
    }

    [Fact]
    public async Task FindAsync_WhileNothingIsHeardFromTheRegistry_BelievesItsMemoryForASecondOnly()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        var directory = new DeviceDirectory(fixture.Service.Services.GetRequiredService<ScopedDatabase>(), TimeProvider.System);
        Assert.NotNull(await directory.FindAsync(someone.Organisation, "pump-1", CancellationToken.None));
        await someone.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = "pump-1" }, someone.Headers);
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        Assert.Null(await directory.FindAsync(someone.Organisation, "pump-1", CancellationToken.None));
    }

    [Fact]
    public async Task OpenAsync_DeviceChangedSinceItSignedIn_IsRefused()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        var directory = fixture.Service.Services.GetRequiredService<DeviceDirectory>();
        var connections = fixture.Service.Services.GetRequiredService<DeviceConnections>();
        var signedIn = await directory.FindAsync(someone.Organisation, "pump-1", CancellationToken.None);
        await someone.Devices.RotateCredentialAsync(new RotateCredentialRequest { Device = "pump-1" }, someone.Headers);

        Assert.Null(await connections.OpenAsync(signedIn!, () => Assert.Fail("never opened"), CancellationToken.None));
    }

    private static async Task SendAsync(Operator someone, TestDevice device) =>
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("t", 1, null)), device.Headers);
}
