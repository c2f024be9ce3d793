using System.Collections.Frozen;
using System.Globalization;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>A JSON request as handlers and interceptors see it.</summary>
internal sealed class TranscodingCallContext : ServerCallContext, IServerCallContextFeature
{
    // Where GetHttpContext() looks in contexts that are not the gRPC engine's own.
    private const string HttpContextKey = "__HttpContext";

    // Headers of the transport, which the gRPC engine keeps from handlers too.
    private static readonly FrozenSet<string> TransportHeaders = FrozenSet.ToFrozenSet(
        ["grpc-encoding", "grpc-accept-encoding", "grpc-timeout", "content-type", "content-encoding", "te", "host", "accept-encoding"],
        StringComparer.OrdinalIgnoreCase);

    private readonly IMethod _method;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;

    public TranscodingCallContext(HttpContext http, IMethod method)
    {
        Http = http;
        _method = method;
        http.Items[HttpContextKey] = http;
        http.Features.Set<IServerCallContextFeature>(this);
    }

    public HttpContext Http { get; }

    /// <summary>Trailers the handler has set. JSON has no place for them, apart from the details of an error.</summary>
    public Metadata? Trailers => _responseTrailers;

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => Http.Request.Host.Value ?? "";

    protected override string PeerCore => Http.Connection switch
    {
        { RemoteIpAddress: { AddressFamily: AddressFamily.InterNetwork } address, RemotePort: var port } => string.Create(CultureInfo.InvariantCulture, $"ipv4:{address}:{port}"),
        { RemoteIpAddress: { } address, RemotePort: var port } => string.Create(CultureInfo.InvariantCulture, $"ipv6:[{address}]:{port}"),
        _ => "unknown",
    };

    // As in the real package: only gRPC clients send deadlines; others give up by closing the connection.
    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadHeaders(Http.Request.Headers);

    protected override CancellationToken CancellationTokenCore => Http.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerCertificate.Describe(Http.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => Http.Items!;

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        if (Http.Response.HasStarted)
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        foreach (var entry in responseHeaders)
            Http.Response.Headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
        return Responses.ResponseWriter.StartAsync(Http.Response);
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Propagation tokens are not supported; use call context propagation of the client factory.");

    private static Metadata ReadHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (TransportHeaders.Contains(name) || name.StartsWith(':'))
                continue;
            if (name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
                metadata.Add(name, Convert.FromBase64String(Pad(values.ToString())));
            else
                metadata.Add(name, values.ToString());
        }

        return metadata;
    }

    private static string Pad(string base64) => base64.PadRight((base64.Length + 3) / 4 * 4, '=');
}
