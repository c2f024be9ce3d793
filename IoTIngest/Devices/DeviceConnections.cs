using System.Collections.Concurrent;

namespace AiMesh.IoTIngest.Devices;

/// <summary>Connections that devices hold open, so that a revoked device can be cut off in the middle of one.</summary>
internal sealed partial class DeviceConnections(DeviceDirectory directory, ILogger<DeviceConnections> logger)
{
    private readonly ConcurrentDictionary<Connection, byte> _open = new();

    /// <summary>Connections open now.</summary>
    public int Count => _open.Count;

    /// <summary>Follows a connection until the result is disposed.</summary>
    /// <param name="device">The device as it signed in.</param>
    /// <param name="close">Ends the connection; called at most once, must not block.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the device was revoked since it signed in.</returns>
    public async ValueTask<IDisposable?> OpenAsync(KnownDevice device, Action close, CancellationToken cancellationToken)
    {
        var connection = new Connection(this, device, close);
        _open[connection] = 0;

        // Asked again once it is on the list: a change between signing in and here would be seen by nobody else.
        if (IsCurrent(await directory.FindAsync(device.Organisation, device.Id, cancellationToken), device))
            return connection;

        connection.Dispose();
        return null;
    }

    /// <summary>Closes the connections of a device that it may not hold any more.</summary>
    public async Task RecheckAsync(string organisation, string id, CancellationToken cancellationToken)
    {
        var suspects = _open.Keys.Where(connection => connection.Device.Id == id && connection.Device.Organisation == organisation).ToList();
        if (suspects.Count == 0)
            return;

        var current = await directory.FindAsync(organisation, id, cancellationToken);
        foreach (var connection in suspects.Where(connection => !IsCurrent(current, connection.Device)))
        {
            Log.Closing(logger, organisation, id);
            connection.Close();
        }
    }

    /// <summary>As <see cref="RecheckAsync"/>, for every device that is connected.</summary>
    public async Task RecheckAllAsync(CancellationToken cancellationToken)
    {
        foreach (var (organisation, id) in _open.Keys.Select(connection => (connection.Device.Organisation, connection.Device.Id)).Distinct())
            await RecheckAsync(organisation, id, cancellationToken);
    }

    private static bool IsCurrent(KnownDevice? current, KnownDevice signedIn) => current is not null && current.CredentialId == signedIn.CredentialId;

    private sealed class Connection(DeviceConnections owner, KnownDevice device, Action close) : IDisposable
    {
        // Held while closing, so that the connection's own end waits until nobody touches what it is about to dispose of.
        private readonly Lock _ending = new();

        public KnownDevice Device => device;

        public void Close()
        {
            lock (_ending)
            {
                if (owner._open.TryRemove(this, out _))
                    close();
            }
        }

        public void Dispose()
        {
            lock (_ending)
                owner._open.TryRemove(this, out _);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Closing a connection of device {Organisation}/{Device}: revoked, or its credential was replaced")]
        public static partial void Closing(ILogger logger, string organisation, string device);
    }
}
