using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>
/// gRPC status codes as HTTP status, as the comments of google/rpc/code.proto publish them. The one exception: a request that is
/// too large is 413, because RESOURCE_EXHAUSTED's 429 would tell clients to send it again.
/// </summary>
public static class HttpStatusTable
{
    /// <summary>The HTTP status for a gRPC code; 500 for a number that is no code.</summary>
    public static int ToHttp(StatusCode code, string? reason = null) => code switch
    {
        StatusCode.ResourceExhausted when reason == TooLarge.ReasonName => StatusCodes.Status413PayloadTooLarge,
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>
    /// The gRPC code for an HTTP status that a server answered before any RPC ran, so that both sides speak of one error.
    /// </summary>
    public static StatusCode ToGrpc(int httpStatus) => httpStatus switch
    {
        >= 200 and < 300 => StatusCode.OK,
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status405MethodNotAllowed or StatusCodes.Status501NotImplemented => StatusCode.Unimplemented,
        StatusCodes.Status409Conflict => StatusCode.Aborted,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
        StatusCodes.Status499ClientClosedRequest => StatusCode.Cancelled,
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        >= 400 and < 500 => StatusCode.InvalidArgument,
        _ => StatusCode.Internal,
    };
}
