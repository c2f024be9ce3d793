using AiMesh.Common.Rpc;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>Errors as google.rpc.Status, in the trailer where every gRPC library looks for it.</summary>
public static class StatusDetails
{
    /// <summary>The trailer that carries google.rpc.Status.</summary>
    public const string Trailer = "grpc-status-details-bin";

    /// <summary>The published model of errors: code, message, and ErrorInfo, BadRequest, RetryInfo, ResourceInfo as far as they apply.</summary>
    public static RpcStatus ToStatus(this MeshError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var info = new ErrorInfo { Reason = error.Reason, Domain = MeshError.Domain };
        foreach (var (key, value) in error.Metadata) info.Metadata.Add(key, value);

        var status = new RpcStatus { Code = (int)error.Code, Message = error.Message };
        status.Details.Add(Any.Pack(info));
        if (!error.Violations.IsEmpty)
        {
            var request = new BadRequest();
            foreach (var violation in error.Violations)
                request.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = violation.Field, Description = violation.Description });
            status.Details.Add(Any.Pack(request));
        }

        if (error.RetryAfter is { } delay) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        if (error.ResourceType is { } type) status.Details.Add(Any.Pack(new ResourceInfo { ResourceType = type, ResourceName = error.ResourceName ?? "" }));
        return status;
    }

    /// <summary>The exception that ends a gRPC call with this error.</summary>
    public static RpcException ToRpcException(this MeshError error)
    {
        var status = error.ToStatus();
        return new RpcException(new Status(error.Code, error.Message), new Metadata { { Trailer, status.ToByteArray() } }, error.Message);
    }

    /// <summary>What a peer told with a failed call: its details where it sent some, else code and message alone.</summary>
    public static RpcStatus ToStatus(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception.Trailers.GetValueBytes(Trailer) is { } bytes)
        {
            try
            {
                var status = RpcStatus.Parser.ParseFrom(bytes);

                // RFC of gRPC errors: the trailer must agree with grpc-status, which wins.
                if (status.Code == (int)exception.StatusCode) return status;
            }
            catch (InvalidProtocolBufferException)
            {
                // A peer's broken trailer takes nothing from its status.
                return Plain(exception);
            }
        }

        return Plain(exception);
    }

    /// <summary>The detail of type <typeparamref name="T"/>, if there is one.</summary>
    public static T? Detail<T>(this RpcStatus status)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(status);
        foreach (var detail in status.Details)
            if (detail.TryUnpack<T>(out var found)) return found;
        return null;
    }

    private static RpcStatus Plain(RpcException exception) => new() { Code = (int)exception.StatusCode, Message = exception.Status.Detail };
}
