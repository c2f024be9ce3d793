using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;

/// <summary>Reads bodies whole, up to a limit, in the memory the server received them in.</summary>
internal static class BodyReader
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a JSON body and hands it to a function, after which its memory is the server's again.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">Largest size in bytes; null for none but the server's.</param>
    /// <param name="parse">Reads the JSON, in UTF-8.</param>
    /// <exception cref="InvalidRequestException">The body is not declared as JSON, or too large.</exception>
    public static async Task<T> ReadJsonAsync<T>(HttpRequest request, int? limit, Func<ReadOnlySequence<byte>, T> parse)
    {
        var encoding = JsonEncoding(request.ContentType);
        if (encoding.CodePage == Encoding.UTF8.CodePage)
            return await ReadAsync(request, request.BodyReader, limit, json => parse(SkipByteOrderMark(json)));
        await using var utf8 = Encoding.CreateTranscodingStream(request.Body, encoding, Encoding.UTF8, leaveOpen: true);
        return await ReadAsync(request, PipeReader.Create(utf8), limit, parse);
    }

    /// <summary>Reads a body of any kind.</summary>
    /// <exception cref="InvalidRequestException">The body is too large.</exception>
    public static Task<byte[]> ReadBytesAsync(HttpRequest request, int? limit) =>
        ReadAsync(request, request.BodyReader, limit, static bytes => bytes.ToArray());

    private static async Task<T> ReadAsync<T>(HttpRequest request, PipeReader reader, int? limit, Func<ReadOnlySequence<byte>, T> parse)
    {
        if (request.ContentLength > limit)
            throw InvalidRequestException.TooLarge(limit.Value);
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(request.HttpContext.RequestAborted);
                var buffer = result.Buffer;
                if (buffer.Length > limit)
                {
                    reader.AdvanceTo(buffer.End);
                    throw InvalidRequestException.TooLarge(limit.Value);
                }

                if (!result.IsCompleted)
                {
                    reader.AdvanceTo(buffer.Start, buffer.End);
                    continue;
                }

                try
                {
                    return parse(buffer);
                }
                finally
                {
                    reader.AdvanceTo(buffer.End);
                }
            }
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw InvalidRequestException.TooLarge(request.HttpContext.Features.Get<Http.Features.IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? 0);
        }
        catch (BadHttpRequestException error)
        {
            throw InvalidRequestException.Whole(error.Message, error);
        }
    }

    private static Encoding JsonEncoding(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)
            || !(type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
        {
            throw InvalidRequestException.Whole($"Unable to read the request as JSON because the request content type '{contentType}' is not a known JSON content type.");
        }

        try
        {
            return type.Charset.HasValue ? Encoding.GetEncoding(type.Charset.Value.Trim('"')) : Encoding.UTF8;
        }
        catch (ArgumentException error)
        {
            throw InvalidRequestException.Whole($"Unable to read the request as JSON because the request content type charset '{type.Charset}' is not a known encoding.", error);
        }
    }

    private static ReadOnlySequence<byte> SkipByteOrderMark(ReadOnlySequence<byte> json)
    {
        Span<byte> start = stackalloc byte[3];
        if (json.Length < start.Length)
            return json;
        json.Slice(0, start.Length).CopyTo(start);
        return start.SequenceEqual(ByteOrderMark) ? json.Slice(start.Length) : json;
    }
}
