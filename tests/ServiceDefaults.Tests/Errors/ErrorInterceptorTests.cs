using AiMesh.Common.Rpc;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Tests.Hosting;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace AiMesh.ServiceDefaults.Tests.Errors;

public sealed class ErrorInterceptorTests(ProbeFixture fixture) : IClassFixture<ProbeFixture>
{
    private static readonly string[] Secrets = ["secret", "SELECT", "10.0.0.7", "hunter2", "Npgsql", "   at ", "Exception", "a@b.c", "broken pipe"];

    [Fact]
    public async Task Fields_ArriveAsBadRequest()
    {
        var status = await FailAsync("fields", StatusCode.InvalidArgument);

        Assert.Equal("INVALID_FIELDS", status.Detail<ErrorInfo>()!.Reason);
        Assert.Equal(["dataset", "text"], status.Detail<BadRequest>()!.FieldViolations.Select(static violation => violation.Field));
    }

    [Fact]
    public async Task MeshException_ArrivesWithResource()
    {
        var status = await FailAsync("missing", StatusCode.NotFound);

        Assert.Equal("NOT_FOUND", status.Detail<ErrorInfo>()!.Reason);
        Assert.Equal("surveys", status.Detail<ResourceInfo>()!.ResourceName);
    }

    [Fact]
    public async Task RetryAfter_ArrivesAsRetryInfo()
    {
        var status = await FailAsync("retry", StatusCode.Unavailable);

        Assert.Equal(7, status.Detail<RetryInfo>()!.RetryDelay.Seconds);
    }

    [Fact]
    public async Task OwnRpcException_GoesThrough()
    {
        var status = await FailAsync("own", StatusCode.FailedPrecondition);

        Assert.Equal("Close it first.", status.Message);
    }

    [Theory]
    [InlineData("peer", StatusCode.Unavailable)]
    [InlineData("peer-lost", StatusCode.Unavailable)]
    [InlineData("peer-lost-within", StatusCode.Unavailable)]
    [InlineData("peer-late", StatusCode.Unavailable)]
    [InlineData("peer-fault", StatusCode.Internal)]
    [InlineData("metadata", StatusCode.Aborted)]
    [InlineData("database", StatusCode.Unavailable)]
    [InlineData("deadlock", StatusCode.Aborted)]
    [InlineData("duplicate", StatusCode.Internal)]
    [InlineData("cancelled", StatusCode.Internal)]
    [InlineData("anything", StatusCode.Internal)]
    public async Task Fault_TellsNothingOfTheInside(string how, StatusCode code)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => fixture.Host.Probe.FailAsync(new ProbeRequest { Text = how }).ResponseAsync);

        Assert.Equal(code, exception.StatusCode);
        AssertSilent(exception);
    }

    [Theory]
    [InlineData("duplicate")]
    [InlineData("anything")]
    public async Task Fault_GivesATraceIdThatTheLogHas(string how)
    {
        var status = await FailAsync(how, StatusCode.Internal);

        Assert.StartsWith("Internal error. Trace id ", status.Message, StringComparison.Ordinal);
        var traceId = status.Message["Internal error. Trace id ".Length..];
        Assert.Equal(32, traceId.Length);
        Assert.Contains(traceId, fixture.Host.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anything", StatusCode.Internal)]
    [InlineData("database", StatusCode.Unavailable)]
    [InlineData("missing", StatusCode.NotFound)]
    public async Task Fault_AfterTheFirstMessage_TellsNothingOfTheInside(string how, StatusCode code)
    {
        using var call = fixture.Host.Probe.FailLate(new ProbeRequest { Text = how });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(code, exception.StatusCode);
        AssertSilent(exception);
    }

    [Fact]
    public async Task CallOfUnknownMethod_IsUnimplemented()
    {
        var method = new Method<ProbeRequest, ProbeReply>(
            MethodType.Unary, "aimesh.probe.v1.Probe", "Other", Marshallers.Create(static request => Google.Protobuf.MessageExtensions.ToByteArray(request), ProbeRequest.Parser.ParseFrom), Marshallers.Create(static reply => Google.Protobuf.MessageExtensions.ToByteArray(reply), ProbeReply.Parser.ParseFrom));

        var exception = await Assert.ThrowsAsync<RpcException>(() =>
            fixture.Host.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new ProbeRequest()).ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }

    [Fact]
    public async Task MessageBeyondTheLimit_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() =>
            fixture.Host.Probe.AnyoneAsync(new ProbeRequest { Text = new string('x', (4 * 1024 * 1024) + 1) }).ResponseAsync);

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    private async Task<RpcStatus> FailAsync(string how, StatusCode code)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => fixture.Host.Probe.FailAsync(new ProbeRequest { Text = how }).ResponseAsync);
        Assert.Equal(code, exception.StatusCode);
        return exception.ToStatus();
    }

    private static void AssertSilent(RpcException exception)
    {
        var told = $"{exception.Status.Detail} {exception.ToStatus()} {string.Join(' ', exception.Trailers.Where(static entry => !entry.IsBinary).Select(static entry => entry.Value))}";
        foreach (var secret in Secrets) Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase);
    }
}
