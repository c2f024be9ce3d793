using System.Diagnostics;
using System.Globalization;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.ServiceDefaults.Tests.Hosting;

/// <summary>Serves the probe contract: answers who called, or fails as it is told.</summary>
internal sealed class ProbeService(IServiceProvider services) : Probe.V1.Probe.ProbeBase
{
    public override Task<ProbeReply> Anyone(ProbeRequest request, ServerCallContext context) => Reply(context, request.Text);

    public override Task<ProbeReply> SignedIn(ProbeRequest request, ServerCallContext context) => Reply(context);

    public override Task<ProbeReply> Read(ProbeRequest request, ServerCallContext context) =>
        Reply(context, (context.Deadline - DateTime.UtcNow).TotalSeconds.ToString("0", CultureInfo.InvariantCulture));

    public override Task<ProbeReply> Ingest(ProbeRequest request, ServerCallContext context) => Reply(context);

    public override async Task Watch(ProbeRequest request, IServerStreamWriter<ProbeReply> responseStream, ServerCallContext context) =>
        await responseStream.WriteAsync(await Reply(context));

    public override async Task<ProbeReply> Upload(IAsyncStreamReader<ProbeRequest> requestStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken)) { }
        return await Reply(context);
    }

    public override async Task Talk(IAsyncStreamReader<ProbeRequest> requestStream, IServerStreamWriter<ProbeReply> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken)) await responseStream.WriteAsync(await Reply(context));
    }

    public override Task<ProbeReply> Relay(ProbeRequest request, ServerCallContext context) =>
        services.GetRequiredService<Probe.V1.Probe.ProbeClient>().ReadAsync(request).ResponseAsync;

    public override Task<ProbeReply> Fail(ProbeRequest request, ServerCallContext context) => throw Failure(request.Text);

    public override async Task FailLate(ProbeRequest request, IServerStreamWriter<ProbeReply> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new ProbeReply());
        throw Failure(request.Text);
    }

    private static Exception Failure(string how) => how switch
    {
        "fields" => new InvalidFields(new FieldViolation("dataset", "must not be empty."), new FieldViolation("text", "is too long.")).ToRpcException(),
        "missing" => new MeshException(new NotFound("dataset", "surveys")),
        "retry" => new MeshException(new Unavailable("the model") { RetryAfter = TimeSpan.FromSeconds(7) }),
        "large" => new MeshException(new TooLarge("The file", 1000)),
        "own" => new RpcException(new Status(StatusCode.FailedPrecondition, "Close it first.")),
        "peer" => new RpcException(new Status(StatusCode.Unavailable, "Error connecting to 10.0.0.7:5432.", new InvalidOperationException("socket"))),
        "peer-lost" => new RpcException(new Status(StatusCode.Internal, "10.0.0.7 answered no ping.", new HttpRequestException("socket"))),
        "peer-lost-within" => new RpcException(new Status(StatusCode.Internal, "10.0.0.7 broke off.", new HttpIOException(HttpRequestError.ResponseEnded, "socket"))),
        "peer-late" => new RpcException(new Status(StatusCode.Cancelled, "10.0.0.7", new OperationCanceledException("socket", new TaskCanceledException("socket", new TimeoutException("socket"))))),
        "peer-fault" => new RpcException(new Status(StatusCode.Internal, "Error at 10.0.0.7.", new InvalidOperationException("socket"))),
        "metadata" => new RpcException(new Status(StatusCode.Aborted, "No."), new Metadata { { "x-internal", "secret-host" } }),
        "database" => new NpgsqlException("Host=10.0.0.7;Password=hunter2", new IOException("broken pipe")),
        "deadlock" => new PostgresException("deadlock detected in table secret_salaries", "ERROR", "ERROR", PostgresErrorCodes.DeadlockDetected),
        "duplicate" => new PostgresException("duplicate key value (email)=(a@b.c)", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation),
        "cancelled" => new OperationCanceledException("SELECT * FROM secrets"),
        _ => new InvalidOperationException("SELECT * FROM secrets"),
    };

    private static Task<ProbeReply> Reply(ServerCallContext context, string text = "") => Task.FromResult(new ProbeReply
    {
        Subject = context.GetPrincipal().Subject,
        Text = text,
        TraceId = Activity.Current?.TraceId.ToHexString() ?? "",
        ParentSpanId = Activity.Current?.ParentSpanId.ToHexString() ?? "",
    });
}
