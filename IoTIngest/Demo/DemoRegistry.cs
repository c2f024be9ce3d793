using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Readings;

namespace AiMesh.IoTIngest.Demo;

/// <summary>The simulated device in the registry.</summary>
internal sealed class DemoRegistry(DeviceStore store, DeviceDirectory directory, ReadingStore readings, TimeProvider time)
{
    private static readonly TimeSpan History = TimeSpan.FromHours(24);

    /// <summary>The device, registered if need be; null while it is revoked.</summary>
    public async ValueTask<KnownDevice?> FindAsync(CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(DemoPump.Organisation, DemoPump.DeviceId, cancellationToken) is { } known)
            return known;

        // Nobody learns this credential: who wants to speak for the device rotates it.
        var description = new DeviceChange("Demo pump", "pump", new Dictionary<string, string> { ["site"] = "demo", ["simulated"] = "true" }, ["demo"]);
        await store.InsertAsync(DemoPump.Organisation, DemoPump.DeviceId, description, DeviceCredential.Create(DemoPump.Organisation), registeredBy: null, cancellationToken);
        return await directory.FindAsync(DemoPump.Organisation, DemoPump.DeviceId, cancellationToken);
    }

    /// <summary>Time of its newest reading, at most 24 hours ago; on a whole minute where there is none.</summary>
    public async Task<DateTime> LastReadingAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var start = now - History;
        var newest = await readings.ListAsync(
            new ReadingQuery(DemoPump.Organisation, DemoPump.DeviceId, "", start, now, After: null, Limit: 1), cancellationToken);
        return newest is [var last] ? last.Time : new DateTime(start.Ticks - (start.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc);
    }
}
