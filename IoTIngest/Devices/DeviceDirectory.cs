using System.Collections.Concurrent;
using AiMesh.IoTIngest.Storage;
using Npgsql;

namespace AiMesh.IoTIngest.Devices;

/// <summary>
/// Devices that may send, from memory where possible. An entry is dropped when the registry announces a change
/// (<see cref="DeviceChangeListener"/>); while nothing is heard from the registry, entries are believed for a second only, so
/// that a revoked device is out within two seconds whatever happens.
/// </summary>
internal sealed class DeviceDirectory(ScopedDatabase database, TimeProvider time)
{
    private const int Capacity = 100_000;
    private static readonly TimeSpan LifetimeWhileListening = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LifetimeOtherwise = TimeSpan.FromSeconds(1);

    private const string Select =
        """
        SELECT d.number, o.key, d.id, d.credential_id, d.credential_hash
        FROM devices d JOIN organisations o ON o.id = d.organisation
        WHERE d.organisation = $1 AND o.id = $1 AND d.revoked_at IS NULL
        """;

    private readonly ConcurrentDictionary<Name, Entry> _entries = new();
    private readonly Lock _changing = new();
    private long _epoch;
    private volatile bool _listening;

    /// <summary>Set by the listener: changes of other processes are heard of.</summary>
    public bool IsListening
    {
        get => _listening;
        set => _listening = value;
    }

    /// <summary>The device, or null when there is none or it is revoked.</summary>
    public ValueTask<KnownDevice?> FindAsync(string organisation, string id, CancellationToken cancellationToken) =>
        !DeviceId.IsValid(id) ? ValueTask.FromResult<KnownDevice?>(null) : FindAsync(new Name(organisation, id, IsCredential: false), cancellationToken);

    /// <summary>The device that has the credential of this id now, or null. The caller compares the secret.</summary>
    public ValueTask<KnownDevice?> FindByCredentialAsync(string organisation, string credentialId, CancellationToken cancellationToken) =>
        FindAsync(new Name(organisation, credentialId, IsCredential: true), cancellationToken);

    /// <summary>Forgets a device that changed.</summary>
    public void Forget(string organisation, string id)
    {
        lock (_changing)
        {
            // A query that is under way may have read the old row, and must not put it back.
            _epoch++;
            if (_entries.TryRemove(new Name(organisation, id, IsCredential: false), out var entry))
                _entries.TryRemove(new Name(organisation, entry.Device.CredentialId, IsCredential: true), out _);
        }
    }

    /// <summary>Forgets everything: changes may have been missed.</summary>
    public void ForgetAll()
    {
        lock (_changing)
        {
            _epoch++;
            _entries.Clear();
        }
    }

    private async ValueTask<KnownDevice?> FindAsync(Name name, CancellationToken cancellationToken)
    {
        if (_entries.TryGetValue(name, out var entry) && IsFresh(entry))
            return entry.Device;

        var epoch = Interlocked.Read(ref _epoch);
        var readAt = time.GetTimestamp();
        var sql = name.IsCredential ? $"{Select} AND d.credential_id = $2" : $"{Select} AND d.id = $2";
        var device = await database.QuerySingleAsync(name.Organisation, sql, [name.Text], row => Map(name.Organisation, row), cancellationToken);
        if (device is null)
        {
            _entries.TryRemove(name, out _);
            return null;
        }

        // One object a device for as long as it stays the same, since what was learnt of its series hangs on it.
        if (entry is not null && entry.Device.CredentialHash.AsSpan().SequenceEqual(device.CredentialHash))
            device = entry.Device;
        Remember(new Entry(device, readAt), epoch);
        return device;
    }

    private void Remember(Entry entry, long epoch)
    {
        lock (_changing)
        {
            if (_epoch != epoch)
                return;

            if (_entries.Count >= Capacity)
                _entries.Clear();
            var device = entry.Device;
            _entries[new Name(device.Organisation, device.Id, IsCredential: false)] = entry;
            _entries[new Name(device.Organisation, device.CredentialId, IsCredential: true)] = entry;
        }
    }

    private bool IsFresh(Entry entry) => time.GetElapsedTime(entry.ReadAt) < (_listening ? LifetimeWhileListening : LifetimeOtherwise);

    private static KnownDevice Map(string organisation, NpgsqlDataReader row) => new()
    {
        Number = row.GetInt32(0),
        Organisation = organisation,
        OrganisationKey = row.GetInt32(1),
        Id = row.GetString(2),
        CredentialId = row.GetString(3),
        CredentialHash = row.GetFieldValue<byte[]>(4),
    };

    private readonly record struct Name(string Organisation, string Text, bool IsCredential);

    private sealed record Entry(KnownDevice Device, long ReadAt);
}
