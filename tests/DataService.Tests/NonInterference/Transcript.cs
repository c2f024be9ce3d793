using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Grpc.Core;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>
/// Everything that a caller gets for a request, as text: status, headers, body and trailers, byte by byte. Only the header Date is left out: it is the web
/// server's own clock and known to whoever can read one.
/// </summary>
internal sealed partial record Transcript(string Status, string Text, string Readable)
{
    // The same in both worlds, as the worlds would else make up trace ids of their own.
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    public static async Task<Transcript> OfAsync(Request request, World world, HttpClient client, string token) =>
        request.Message is { } message && request.IsRpc ? await OverGrpcAsync(request, message, world, token) : await OverHttpAsync(request, client, token);

    private static async Task<Transcript> OverHttpAsync(Request request, HttpClient client, string token)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Verb), request.Path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        message.Headers.Add("traceparent", Trace);
        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request.Body));
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }

        using var response = await client.SendAsync(message);
        var body = await response.Content.ReadAsByteArrayAsync();
        var headers = response.Headers.Concat(response.Content.Headers).Concat(response.TrailingHeaders).Where(h => h.Key != "Date").Select(h => $"{h.Key}: {string.Join(", ", h.Value)}").Order(StringComparer.Ordinal);
        var status = $"{(int)response.StatusCode}";
        return new Transcript(status, $"{status}\n{string.Join('\n', headers)}\n\n{Encoding.Latin1.GetString(body)}", $"{string.Join('\n', headers)}\n{Encoding.UTF8.GetString(body)}");
    }

    private static async Task<Transcript> OverGrpcAsync(Request request, IMessage message, World world, string token)
    {
        // On the wire all kinds of calls look the same, so each is made as a stream whose answers are read to the end.
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, request.Rpc!.Service.FullName, request.Rpc.Name, Bytes, Bytes);
        using var call = world.Service.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            method, null, new CallOptions(new Metadata { { "authorization", $"Bearer {token}" }, { "traceparent", Trace } }, DateTime.UtcNow.AddMinutes(2)));
        var (body, readable) = (new StringBuilder(), new StringBuilder());
        Status status;
        try
        {
            await call.RequestStream.WriteAsync(message.ToByteArray());
            await call.RequestStream.CompleteAsync();
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                body.Append(Encoding.Latin1.GetString(call.ResponseStream.Current)).Append('\n');
                readable.Append(JsonFormatter.Default.Format(request.Rpc.OutputType.Parser.ParseFrom(call.ResponseStream.Current)));
            }

            status = call.GetStatus();
        }
        catch (RpcException e)
        {
            status = e.Status;
        }

        var headers = (await call.ResponseHeadersAsync).Concat(call.GetTrailers()).Where(entry => entry.Key != "date").Select(TextOf);
        var said = $"{status.StatusCode}: {status.Detail}";
        return new Transcript($"{status.StatusCode}", $"{said}\n{string.Join('\n', headers)}\n\n{body}", $"{said}\n{readable}");
    }

    /// <summary>What no answer may hold, whatever was asked.</summary>
    public string? Fault => Status is "500" or "Unknown" or "Internal" or "502" or "503" or "Unavailable" || Internals().IsMatch(Readable) ? "tells of internals, or is no answer at all" : null;

    private static string TextOf(Metadata.Entry entry) => $"{entry.Key}: {(entry.IsBinary ? Convert.ToHexString(entry.ValueBytes) : entry.Value)}";

    [GeneratedRegex(@"Npgsql|SELECT |\bitems\.d\d|   at |Exception|SQLSTATE|AiMesh\.")]
    private static partial Regex Internals();
}
