using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiMesh.Gateway.Tests.Edge;

/// <summary>Where AuthService would exchange API keys: a process of its own in production, here a server on a port of its own.</summary>
public sealed class KeyExchange : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KeyExchange(WebApplication app, int port) => (_app, Address) = (app, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));

    public Uri Address { get; }

    /// <summary>Keys and the access token that each is good for; others are refused.</summary>
    public ConcurrentDictionary<string, Func<string>> Keys { get; } = new();

    /// <summary>The keys that were brought, in order.</summary>
    public ConcurrentQueue<string> Brought { get; } = new();

    /// <summary>Credentials that came along; none should.</summary>
    public ConcurrentQueue<string> Headers { get; } = new();

    public bool IsAway { get; set; }

    public static async Task<KeyExchange> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // The gateway's appsettings.json lies beside the tests; it is not meant for this server.
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        var port = FreePort.Next();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        KeyExchange? exchange = null;
        builder.Services.AddSingleton(_ => exchange!);
        exchange = new KeyExchange(builder.Build(), port);
        exchange._app.MapGrpcService<Service>();
        await exchange._app.StartAsync();
        return exchange;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class Service(KeyExchange exchange) : ApiKeys.ApiKeysBase
    {
        public override async Task<ExchangeApiKeyResponse> ExchangeApiKey(ExchangeApiKeyRequest request, ServerCallContext context)
        {
            exchange.Brought.Enqueue(request.Key);
            foreach (var entry in context.RequestHeaders.Where(static entry => entry.Key is "authorization" or "x-api-key")) exchange.Headers.Enqueue(entry.Value);
            if (exchange.IsAway) throw new RpcException(new Status(StatusCode.Unavailable, "away"));

            // Long enough that requests at once meet the same exchange.
            await Task.Delay(50, context.CancellationToken);
            return exchange.Keys.TryGetValue(request.Key, out var token)
                ? new ExchangeApiKeyResponse { AccessToken = token(), ExpiresIn = 600 }
                : throw new Unauthenticated("API_KEY_REVOKED").ToRpcException();
        }
    }
}
