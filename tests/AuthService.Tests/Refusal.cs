using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Tests;

/// <summary>Expects a call to be refused.</summary>
internal static class Refusal
{
    public static async Task<RefusedCall> OfAsync<T>(AsyncUnaryCall<T> call, StatusCode code)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(code, exception.StatusCode);
        var status = exception.ToStatus();
        return new RefusedCall(exception.Status.Detail, status.Detail<ErrorInfo>(), status.Detail<BadRequest>(), status.Detail<RetryInfo>());
    }
}

/// <summary>What a refused call told.</summary>
internal sealed record RefusedCall(string Message, ErrorInfo? Info, BadRequest? Request, RetryInfo? Retry)
{
    public string? Reason => Info?.Reason;

    public IEnumerable<string> Fields => Request?.FieldViolations.Select(static violation => violation.Field) ?? [];
}
