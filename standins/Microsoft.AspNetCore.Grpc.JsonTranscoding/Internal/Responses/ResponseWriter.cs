using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;
using Microsoft.AspNetCore.Http;
using RpcStatus = Google.Rpc.Status;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Responses;

/// <summary>Writes messages and errors as the bodies of responses.</summary>
/// <param name="json">Writes messages.</param>
/// <param name="errors">Writes errors.</param>
/// <param name="field">The one field of messages that is the body, if it is not the whole message.</param>
/// <param name="indented">Whether single messages are indented.</param>
internal sealed class ResponseWriter(JsonMessageWriter json, ErrorWriter errors, FieldDescriptor? field, bool indented)
{
    private const string ContentType = "application/json; charset=utf-8";

    private static readonly byte[] Newline = [(byte)'\n'];

    /// <summary>Writes the only message of a response.</summary>
    public async Task WriteAsync(HttpResponse response, IMessage message, CancellationToken cancellationToken)
    {
        if (AsHttpBody(message) is { } body)
        {
            Start(response, body.ContentType);
            response.ContentLength = response.HasStarted ? response.ContentLength : body.Data.Length;
            await response.Body.WriteAsync(body.Data.Memory, cancellationToken);
            return;
        }

        using var buffer = new ResponseBuffer(indented);
        Fill(buffer, message);
        await WriteAsync(response, buffer, cancellationToken);
    }

    /// <summary>Writes one message of many: a line of JSON, or the bytes of a <c>google.api.HttpBody</c> as they are.</summary>
    public async Task WriteLineAsync(HttpResponse response, IMessage message, ResponseBuffer buffer, CancellationToken cancellationToken)
    {
        if (AsHttpBody(message) is { } body)
        {
            Start(response, body.ContentType);
            await response.Body.WriteAsync(body.Data.Memory, cancellationToken);
        }
        else
        {
            buffer.Clear();
            Fill(buffer, message);
            Start(response, ContentType);
            await response.BodyWriter.WriteAsync(buffer.Written, cancellationToken);
            await response.BodyWriter.WriteAsync(Newline, cancellationToken);
        }

        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>Sends the headers ahead of the first message.</summary>
    public static Task StartAsync(HttpResponse response)
    {
        Start(response, ContentType);
        return response.StartAsync();
    }

    /// <summary>Writes an error: as the response if none has begun, else as what follows.</summary>
    public async Task WriteErrorAsync(HttpResponse response, RpcStatus status, StatusCode code, bool isStream)
    {
        using var buffer = new ResponseBuffer(indented && !isStream);
        errors.Write(buffer.Writer, status);
        buffer.Writer.Flush();
        if (!response.HasStarted)
        {
            response.Clear();
            response.StatusCode = HttpStatus.Of(code);
            response.ContentType = ContentType;
        }

        if (isStream)
        {
            await response.BodyWriter.WriteAsync(buffer.Written);
            await response.BodyWriter.WriteAsync(Newline);
            return;
        }

        await WriteAsync(response, buffer, CancellationToken.None);
    }

    private static async Task WriteAsync(HttpResponse response, ResponseBuffer buffer, CancellationToken cancellationToken)
    {
        if (!response.HasStarted)
        {
            response.ContentType = ContentType;
            response.ContentLength = buffer.Written.Length;
        }

        await response.BodyWriter.WriteAsync(buffer.Written, cancellationToken);
    }

    private static void Start(HttpResponse response, string contentType)
    {
        if (!response.HasStarted)
            response.ContentType = contentType;
    }

    private void Fill(ResponseBuffer buffer, IMessage message)
    {
        if (field is null)
            json.Write(buffer.Writer, message);
        else
            json.WriteField(buffer.Writer, message, field);
        buffer.Writer.Flush();
    }

    private HttpBody? AsHttpBody(IMessage message) => field is null
        ? message as HttpBody
        : field is { FieldType: FieldType.Message, IsRepeated: false } ? field.Accessor.GetValue(message) as HttpBody : null;
}
