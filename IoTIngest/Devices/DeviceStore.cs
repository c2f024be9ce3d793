using System.Text.Json;
using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Storage;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.IoTIngest.Devices;

/// <summary>The registry in SQL. A null stands for "there is no such device in this organisation".</summary>
internal sealed class DeviceStore(ScopedDatabase database)
{
    private const string Columns = "id, display_name, device_type, metadata, groups, revoked_at, last_seen_at, created_at";

    /// <param name="organisation">Whose device it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="device">What it is.</param>
    /// <param name="credential">What it signs in with.</param>
    /// <param name="registeredBy">Who registers it; null where nobody does.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the id is taken.</returns>
    public Task<DeviceRecord?> InsertAsync(
        string organisation, string id, DeviceChange device, DeviceCredential credential, string? registeredBy, CancellationToken cancellationToken) =>
        database.QuerySingleAsync(
            organisation,
            $"""
            WITH known AS (INSERT INTO organisations (id) SELECT $1 WHERE NOT EXISTS (SELECT FROM organisations WHERE id = $1) ON CONFLICT DO NOTHING)
            INSERT INTO devices (organisation, id, display_name, device_type, metadata, groups, credential_id, credential_hash, registered_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (organisation, id) DO NOTHING
            RETURNING {Columns}
            """,
            [id, device.DisplayName ?? "", device.DeviceType ?? "", Json(device.Metadata ?? new Dictionary<string, string>()), Array(device.Groups ?? []), credential.Id, credential.ComputeHash(), Text(registeredBy)],
            Map,
            cancellationToken);

    public Task<DeviceRecord?> FindAsync(string organisation, string id, CancellationToken cancellationToken) =>
        !DeviceId.IsValid(id) ? Nothing : database.QuerySingleAsync(organisation, $"SELECT {Columns} FROM devices WHERE organisation = $1 AND id = $2", [id], Map, cancellationToken);

    /// <summary>Devices in order of id, behind <paramref name="after"/>.</summary>
    public Task<List<DeviceRecord>> ListAsync(string organisation, string after, int limit, CancellationToken cancellationToken) =>
        database.QueryAsync(
            organisation,
            $"""SELECT {Columns} FROM devices WHERE organisation = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3""",
            [after, limit],
            Map,
            cancellationToken);

    public Task<DeviceRecord?> UpdateAsync(string organisation, string id, DeviceChange change, CancellationToken cancellationToken) =>
        !DeviceId.IsValid(id) ? Nothing : database.QuerySingleAsync(
            organisation,
            $"""
            UPDATE devices SET display_name = coalesce($3, display_name), device_type = coalesce($4, device_type),
                metadata = coalesce($5, metadata), groups = coalesce($6, groups)
            WHERE organisation = $1 AND id = $2
            RETURNING {Columns}
            """,
            [id, Text(change.DisplayName), Text(change.DeviceType), Json(change.Metadata), Array(change.Groups)],
            Map,
            cancellationToken);

    public Task<DeviceRecord?> RevokeAsync(string organisation, string id, CancellationToken cancellationToken) =>
        !DeviceId.IsValid(id) ? Nothing : database.QuerySingleAsync(
            organisation,
            $"UPDATE devices SET revoked_at = coalesce(revoked_at, now()) WHERE organisation = $1 AND id = $2 RETURNING {Columns}",
            [id],
            Map,
            cancellationToken);

    /// <summary>Replaces the credential; a revoked device works again.</summary>
    public Task<DeviceRecord?> RotateAsync(string organisation, string id, DeviceCredential credential, CancellationToken cancellationToken) =>
        !DeviceId.IsValid(id) ? Nothing : database.QuerySingleAsync(
            organisation,
            $"UPDATE devices SET credential_id = $3, credential_hash = $4, revoked_at = NULL WHERE organisation = $1 AND id = $2 RETURNING {Columns}",
            [id, credential.Id, credential.ComputeHash()],
            Map,
            cancellationToken);

    // What is no id names no device, and may hold what PostgreSQL does not take.
    private static Task<DeviceRecord?> Nothing => Task.FromResult<DeviceRecord?>(null);

    private static DeviceRecord Map(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetString(2),
        JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(3)) ?? [],
        row.GetFieldValue<string[]>(4),
        row.IsDBNull(5) ? null : row.GetDateTime(5),
        row.IsDBNull(6) ? null : row.GetDateTime(6),
        row.GetDateTime(7));

    // Typed also when null: coalesce has nothing else to tell the type by.
    private static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    private static NpgsqlParameter Array(IReadOnlyList<string>? values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = (object?)values?.ToArray() ?? DBNull.Value };

    private static NpgsqlParameter Json(IReadOnlyDictionary<string, string>? values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = values is null ? DBNull.Value : JsonSerializer.Serialize(values) };
}
