using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Tests.Errors;

public sealed class HttpStatusTableTests
{
    [Theory]
    [InlineData(StatusCode.OK, 200)]
    [InlineData(StatusCode.Cancelled, 499)]
    [InlineData(StatusCode.Unknown, 500)]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    [InlineData(StatusCode.NotFound, 404)]
    [InlineData(StatusCode.AlreadyExists, 409)]
    [InlineData(StatusCode.PermissionDenied, 403)]
    [InlineData(StatusCode.Unauthenticated, 401)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.FailedPrecondition, 400)]
    [InlineData(StatusCode.Aborted, 409)]
    [InlineData(StatusCode.OutOfRange, 400)]
    [InlineData(StatusCode.Unimplemented, 501)]
    [InlineData(StatusCode.Internal, 500)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DataLoss, 500)]
    [InlineData((StatusCode)99, 500)]
    public void ToHttp_IsThePublishedMapping(StatusCode code, int status) => Assert.Equal(status, HttpStatusTable.ToHttp(code));

    [Fact]
    public void ToHttp_OfTooLarge_IsNotAskedForAgain() => Assert.Equal(413, HttpStatusTable.ToHttp(StatusCode.ResourceExhausted, "TOO_LARGE"));

    [Theory]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.NotFound)]
    [InlineData(405, StatusCode.Unimplemented)]
    [InlineData(409, StatusCode.Aborted)]
    [InlineData(413, StatusCode.ResourceExhausted)]
    [InlineData(418, StatusCode.InvalidArgument)]
    [InlineData(429, StatusCode.ResourceExhausted)]
    [InlineData(499, StatusCode.Cancelled)]
    [InlineData(500, StatusCode.Internal)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.DeadlineExceeded)]
    public void ToGrpc_OfEarlyAnswers(int status, StatusCode code) => Assert.Equal(code, HttpStatusTable.ToGrpc(status));
}
