using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace AiMesh.Gateway.Tests;

/// <summary>A server behind the gateway that answers with the request headers, or with what a test put there for a path.</summary>
public sealed class EchoService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EchoService(WebApplication app, int http, int grpc) => (_app, Http, Grpc) = (app, AddressOf(http), AddressOf(grpc));

    public Uri Http { get; }

    public Uri Grpc { get; }

    public ConcurrentDictionary<string, (int Status, string Json)> Answers { get; } = new();

    /// <summary>Paths that get no answer until the caller goes away.</summary>
    public ConcurrentDictionary<string, bool> Hangs { get; } = new();

    /// <summary>How many requests came for a path.</summary>
    public ConcurrentDictionary<string, int> Seen { get; } = new();

    public static async Task<EchoService> StartAsync(int? port = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // The gateway's appsettings.json lies beside the tests; it is not meant for this server.
        builder.Logging.ClearProviders();
        var (http, grpc) = (port ?? FreePort.Next(), FreePort.Next());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(http, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(grpc, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        var service = new EchoService(builder.Build(), http, grpc);
        service._app.UseWebSockets();
        service._app.Run(service.AnswerAsync);
        await service._app.StartAsync();
        return service;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Uri AddressOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    private async Task AnswerAsync(HttpContext context)
    {
        Seen.AddOrUpdate(context.Request.Path, 1, static (_, count) => count + 1);
        if (Hangs.ContainsKey(context.Request.Path))
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            await Task.Delay(Timeout.Infinite, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (context.WebSockets.IsWebSocketRequest)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[1024];
            var received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, true, context.RequestAborted);
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            return;
        }

        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        if (Answers.TryGetValue(context.Request.Path, out var answer))
        {
            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(answer.Json, context.RequestAborted);
            return;
        }

        context.Response.Headers["X-Seen-Protocol"] = context.Request.Protocol;
        await context.Response.WriteAsJsonAsync(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()), context.RequestAborted);
    }
}
