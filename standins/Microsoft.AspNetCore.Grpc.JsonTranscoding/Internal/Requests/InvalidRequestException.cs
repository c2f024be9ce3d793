using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;

/// <summary>A request that cannot be read. Always the caller's fault, so it carries what the caller is to be told.</summary>
internal sealed class InvalidRequestException : Exception
{
    private InvalidRequestException(RpcStatus status, Exception? cause)
        : base(status.Message, cause) => Status = status;

    public RpcStatus Status { get; }

    /// <summary>A field holds something it cannot take.</summary>
    /// <param name="field">Path of the field as the caller wrote it, such as <c>items[2].price</c>.</param>
    /// <param name="problem">What is wrong, as the end of a sentence: "expected a string, got a number".</param>
    public static InvalidRequestException Field(string field, string problem, Exception? cause = null)
    {
        var violation = new BadRequest.Types.FieldViolation { Field = field, Description = problem };
        var status = new RpcStatus { Code = (int)StatusCode.InvalidArgument, Message = $"Invalid value for '{field}': {problem}." };
        status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        return new InvalidRequestException(status, cause);
    }

    /// <summary>The request as a whole is wrong.</summary>
    public static InvalidRequestException Whole(string message, Exception? cause = null) =>
        new(new RpcStatus { Code = (int)StatusCode.InvalidArgument, Message = message }, cause);

    /// <summary>The body is larger than the service takes.</summary>
    /// <param name="limit">Limit in bytes.</param>
    public static InvalidRequestException TooLarge(long limit) =>
        new(new RpcStatus { Code = (int)StatusCode.ResourceExhausted, Message = $"Received message exceeds the maximum configured message size of {limit} bytes." }, null);
}
