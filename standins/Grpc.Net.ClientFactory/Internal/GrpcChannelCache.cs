using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>
/// One channel for each name, made on first use and kept until the services are disposed of. A channel holds its handler,
/// so the handler's expiry in the HTTP client factory never takes it away from running calls.
/// </summary>
internal sealed class GrpcChannelCache(
    IServiceScopeFactory scopes,
    ILoggerFactory loggers,
    IOptionsMonitor<GrpcClientFactoryOptions> clientOptions,
    IOptionsMonitor<HttpClientFactoryOptions> httpOptions,
    IHttpMessageHandlerFactory handlers) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private bool _disposed;

    public CallInvoker GetInvoker(string name, Type type)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(GrpcClientFactory));
            if (!_entries.TryGetValue(name, out var entry))
                _entries[name] = entry = Create(name, type);
            return entry.Invoker;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var entry in _entries.Values)
            {
                entry.Channel.Dispose();
                entry.Scope.Dispose();
            }

            _entries.Clear();
        }
    }

    private Entry Create(string name, Type type)
    {
        var options = clientOptions.Get(name);
        HttpClientSettings.CopyTo(options, httpOptions.Get(name));

        // Interceptors of channel scope may ask for scoped services; they get those of a scope as old as the channel.
        var scope = scopes.CreateScope();
        try
        {
            var channelOptions = new GrpcChannelOptions
            {
                HttpHandler = handlers.CreateHandler(name),
                LoggerFactory = loggers,
                ServiceProvider = scope.ServiceProvider,
            };
            foreach (var action in options.ChannelOptionsActions)
                action(channelOptions);
            var address = options.Address ?? throw new InvalidOperationException(
                $"Could not resolve the address for gRPC client '{name}'. Set an address when registering the client: " +
                $"services.AddGrpcClient<{type.Name}>(o => o.Address = new Uri(\"https://localhost:5001\"))");
            if (options.HasCallCredentials && !ChannelSecurity.AllowsCallCredentials(channelOptions, address))
            {
                throw new InvalidOperationException(
                    $"Call credential configured for gRPC client '{name}' requires TLS, and the client isn't configured to use TLS. " +
                    "Either configure a TLS address, or set GrpcChannelOptions.UnsafeUseInsecureChannelCallCredentials in ConfigureChannel.");
            }

            var channel = GrpcChannel.ForAddress(address, channelOptions);
            return new Entry(channel, InterceptorChain.Build(channel.CreateCallInvoker(), options, InterceptorScope.Channel, scope.ServiceProvider), scope);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    private sealed record Entry(GrpcChannel Channel, CallInvoker Invoker, IServiceScope Scope);
}
