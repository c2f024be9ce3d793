using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RpcStatus = Google.Rpc.Status;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>Serves one binding: reads the request, runs the method, and answers with messages or an error.</summary>
internal abstract partial class CallHandler(IMethod method, RequestReader requests, ResponseWriter responses, bool showErrors, ILogger logger)
{
    private const string DetailsTrailer = "grpc-status-details-bin";

    protected ResponseWriter Responses => responses;

    protected abstract bool IsStream { get; }

    public async Task HandleAsync(HttpContext http)
    {
        var context = new TranscodingCallContext(http, method);
        try
        {
            await RunAsync(await requests.ReadAsync(http.Request), context);
        }
        catch (Exception error) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer; whatever was thrown follows from that.
            Log.ClientGone(logger, method.FullName, error);
        }
        catch (InvalidRequestException error)
        {
            Log.InvalidRequest(logger, method.FullName, error.Message);
            await responses.WriteErrorAsync(http.Response, error.Status, (StatusCode)error.Status.Code, IsStream);
        }
        catch (RpcException error)
        {
            Log.RpcError(logger, error.StatusCode, error.Status.Detail, error.Status.DebugException);
            var details = Details(error.Trailers) ?? Details(context.Trailers);
            await responses.WriteErrorAsync(http.Response, details ?? AsMessage(error.Status), error.StatusCode, IsStream);
        }
        catch (Exception error)
        {
            Log.HandlerFailed(logger, method.FullName, error);
            var message = showErrors ? $"Exception was thrown by handler. {error.GetType().Name}: {error.Message}" : "Exception was thrown by handler.";
            await responses.WriteErrorAsync(http.Response, AsMessage(new Status(StatusCode.Unknown, message)), StatusCode.Unknown, IsStream);
        }
    }

    protected abstract Task RunAsync(IMessage request, TranscodingCallContext context);

    /// <summary>A handler may end a call with a status instead of throwing one.</summary>
    protected static void ThrowIfFailed(ServerCallContext context)
    {
        if (context.Status.StatusCode != StatusCode.OK)
            throw new RpcException(context.Status);
    }

    private static RpcStatus AsMessage(Status status) => new() { Code = (int)status.StatusCode, Message = status.Detail };

    private RpcStatus? Details(Metadata? trailers)
    {
        if (trailers?.Get(DetailsTrailer) is not { IsBinary: true } entry)
            return null;
        try
        {
            return RpcStatus.Parser.ParseFrom(entry.ValueBytes);
        }
        catch (InvalidProtocolBufferException error)
        {
            // The status itself still goes out, without its details.
            Log.UnreadableDetails(logger, method.FullName, error);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Client of '{Method}' is gone.")]
        public static partial void ClientGone(ILogger logger, string method, Exception error);

        [LoggerMessage(2, LogLevel.Debug, "Request for '{Method}' is not valid: {Problem}")]
        public static partial void InvalidRequest(ILogger logger, string method, string problem);

        [LoggerMessage(3, LogLevel.Information, "Error status code '{StatusCode}' with detail '{Detail}' raised.")]
        public static partial void RpcError(ILogger logger, StatusCode statusCode, string detail, Exception? debugException);

        [LoggerMessage(4, LogLevel.Error, "Error when executing service method '{Method}'.")]
        public static partial void HandlerFailed(ILogger logger, string method, Exception error);

        [LoggerMessage(5, LogLevel.Warning, "The details of an error of '{Method}' cannot be read.")]
        public static partial void UnreadableDetails(ILogger logger, string method, Exception error);
    }
}
