using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.Gateway.OpenAi;

/// <summary>Failures of AiService in the shape that OpenAI SDKs read.</summary>
internal static class OpenAiErrors
{
    public static IResult ToResult(RpcException exception)
    {
        var status = HttpStatusTable.ToHttp(exception.StatusCode);
        return ToResult(status, ToBody(exception));
    }

    public static IResult ToResult(int status, ErrorBody body) =>
        Results.Json(new ErrorAnswer(body), OpenAiJson.Default.ErrorAnswer, statusCode: status);

    public static ErrorBody ToBody(RpcException exception)
    {
        var details = exception.ToStatus();
        var field = details.Detail<BadRequest>()?.FieldViolations.FirstOrDefault();
        var type = exception.StatusCode switch
        {
            StatusCode.InvalidArgument or StatusCode.NotFound => "invalid_request_error",
            StatusCode.Unauthenticated => "authentication_error",
            StatusCode.PermissionDenied => "permission_error",
            StatusCode.ResourceExhausted => "rate_limit_error",
            _ => "api_error",
        };
        return new ErrorBody(field is null ? exception.Status.Detail : $"{field.Field}: {field.Description}", type, field?.Field, details.Detail<ErrorInfo>()?.Reason.ToLowerInvariant());
    }
}
