using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Opens clients.</summary>
internal static partial class RedisConnection
{
    // Long enough for a server that is there, so that the first command after start-up does not fail.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A client that connects by itself, now or once the server is there. The client's own <c>Connect</c> waits for all its
    /// attempts, which takes 10 s and more when a host swallows packets, and a container that waits for it holds up start-up;
    /// it has no way to give the client out earlier. So its two halves are called one by one here.
    /// </summary>
    public static ConnectionMultiplexer Open(ConfigurationOptions options, ILogger logger)
    {
        if (options.AbortOnConnectFail)
        {
            return ConnectionMultiplexer.Connect(options);
        }

        var client = Create(null, options);
        // The client calls the first connection "restored", too; that one is no news.
        var failed = new ConcurrentDictionary<(ConnectionType, EndPoint?), bool>();
        client.ConnectionFailed += (_, e) =>
        {
            failed[(e.ConnectionType, e.EndPoint)] = true;
            Log.Failed(logger, e.ConnectionType, e.EndPoint, e.FailureType);
        };
        client.ConnectionRestored += (_, e) =>
        {
            if (failed.TryRemove((e.ConnectionType, e.EndPoint), out var _))
            {
                Log.Restored(logger, e.ConnectionType, e.EndPoint);
            }
        };
        client.InternalError += (_, e) => Log.Internal(logger, e.Exception, e.Origin);

        var connecting = ReconfigureAsync(
            client, first: true, reconfigureAll: false, log: null, blame: null, "connect", publishReconfigure: false, CommandFlags.None);
        ((IAsyncResult)connecting).AsyncWaitHandle.WaitOne(Patience);
        if (connecting.IsFaulted)
        {
            client.Dispose();
            connecting.GetAwaiter().GetResult();
        }

        if (!client.IsConnected)
        {
            Log.Away(logger, string.Join(", ", options.EndPoints));
        }

        _ = LogFaultAsync(connecting, logger);
        return client;
    }

    private static async Task LogFaultAsync(Task connecting, ILogger logger)
    {
        try
        {
            await connecting;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.Internal(logger, exception, "connect");
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "CreateMultiplexer")]
    private static extern ConnectionMultiplexer Create(ConnectionMultiplexer? type, object configuration);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ReconfigureAsync")]
    private static extern Task<bool> ReconfigureAsync(
        ConnectionMultiplexer client,
        bool first,
        bool reconfigureAll,
        TextWriter? log,
        EndPoint? blame,
        string cause,
        bool publishReconfigure,
        CommandFlags publishReconfigureFlags);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis at {EndPoints} is not there; it is used as soon as it is.")]
        public static partial void Away(ILogger logger, string endPoints);

        [LoggerMessage(2, LogLevel.Warning, "The {ConnectionType} connection to Redis at {EndPoint} failed: {FailureType}.")]
        public static partial void Failed(ILogger logger, ConnectionType connectionType, EndPoint? endPoint, ConnectionFailureType failureType);

        [LoggerMessage(3, LogLevel.Information, "The {ConnectionType} connection to Redis at {EndPoint} is back.")]
        public static partial void Restored(ILogger logger, ConnectionType connectionType, EndPoint? endPoint);

        [LoggerMessage(4, LogLevel.Warning, "Internal error of the Redis client in {Origin}.")]
        public static partial void Internal(ILogger logger, Exception exception, string origin);
    }
}
