using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Tests.Errors;

public sealed class StatusDetailsTests
{
    [Fact]
    public void RpcException_CarriesTheWholeError()
    {
        var error = new PermissionDenied("ai:ask");

        var status = error.ToRpcException().ToStatus();

        Assert.Equal(error.ToStatus(), status);
        Assert.Equal("ai:ask", status.Detail<ErrorInfo>()!.Metadata["permission"]);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF })]
    [InlineData(new byte[] { 8, 5 })]
    public void RpcException_WithBrokenOrContradictingDetails_KeepsItsStatus(byte[] details)
    {
        var exception = new RpcException(new Status(StatusCode.Aborted, "No."), new Metadata { { StatusDetails.Trailer, details } });

        Assert.Equal(new Google.Rpc.Status { Code = (int)StatusCode.Aborted, Message = "No." }, exception.ToStatus());
    }
}
