using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>One request, many responses: a line of JSON each. An error after the first is the last line.</summary>
internal sealed class ServerStreamingCallHandler<TRequest, TResponse>(
    IMethod method, ServerStreamingServerMethod<TRequest, TResponse> invoke, RequestReader requests, ResponseWriter responses, bool showErrors, ILogger logger)
    : CallHandler(method, requests, responses, showErrors, logger)
    where TRequest : class
    where TResponse : class
{
    protected override bool IsStream => true;

    protected override async Task RunAsync(IMessage request, TranscodingCallContext context)
    {
        using var buffer = new ResponseBuffer(indented: false);
        var stream = new LineWriter(context, Responses, buffer);
        try
        {
            await invoke((TRequest)request, stream, context);
        }
        finally
        {
            stream.Complete();
        }

        ThrowIfFailed(context);
        if (!context.Http.Response.HasStarted)
            await ResponseWriter.StartAsync(context.Http.Response);
    }

    private sealed class LineWriter(TranscodingCallContext context, ResponseWriter responses, ResponseBuffer buffer) : IServerStreamWriter<TResponse>
    {
        private int _state;

        private enum State
        {
            Idle,
            Writing,
            Completed,
        }

        public WriteOptions? WriteOptions
        {
            get => context.WriteOptions;
            set => context.WriteOptions = value;
        }

        public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

        public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(message);
            switch ((State)Interlocked.CompareExchange(ref _state, (int)State.Writing, (int)State.Idle))
            {
                case State.Writing:
                    throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
                case State.Completed:
                    throw new InvalidOperationException("Can't write the message because the request is complete.");
            }

            try
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                cancellationToken.ThrowIfCancellationRequested();
                // Cut short by the connection alone: a line that was begun has to be finished.
                await responses.WriteLineAsync(context.Http.Response, (IMessage)message, buffer, context.CancellationToken);
            }
            finally
            {
                Interlocked.CompareExchange(ref _state, (int)State.Idle, (int)State.Writing);
            }
        }

        /// <summary>Refuses writes that a handler left running: the buffer is no longer its own.</summary>
        public void Complete() => Interlocked.Exchange(ref _state, (int)State.Completed);
    }
}
