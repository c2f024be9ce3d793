using System.Globalization;
using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Keys;
using AiMesh.ServiceDefaults.Policy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Protection;

/// <summary>Keys of organisations: random, made when they are first needed, at rest in envelopes under the master key.</summary>
/// <param name="dataSource">Of requests.</param>
/// <param name="owner">For changes of keys.</param>
/// <param name="configuration">Has the master key; without one nothing can be protected.</param>
internal sealed class KeyStore(NpgsqlDataSource dataSource, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, IConfiguration configuration)
{
    private const string PseudonymPurpose = "pseudonyms";
    public const string FieldPurpose = "fields";

    private const string Insert = "INSERT INTO organisation_keys (organisation, purpose, version, secret, data_key, master_key_version)";

    private readonly Lazy<MasterKeyRing> _masterKeys = new(() => new MasterKeyRing(configuration));

    /// <exception cref="InvalidOperationException">The master key is missing or another.</exception>
    public async Task<OrganisationKeys> GetAsync(string organisation, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new() { Value = organisation } } });
        foreach (var purpose in (ReadOnlySpan<string>)[PseudonymPurpose, FieldPurpose])
        {
            var made = Envelope.Seal(_masterKeys.Value, RandomNumberGenerator.GetBytes(SealedBox.KeyLength), NameOf(organisation, purpose, 1));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"""
                {Insert}
                SELECT $1, $2, 1, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM organisation_keys WHERE organisation = $1 AND purpose = $2) ON CONFLICT DO NOTHING
                """)
            {
                Parameters = { new() { Value = organisation }, new() { Value = purpose }, new() { Value = made.Secret }, new() { Value = made.DataKey }, new() { Value = made.MasterKeyVersion } },
            });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT purpose, version, secret, data_key, master_key_version FROM organisation_keys WHERE organisation = $1")
        {
            Parameters = { new() { Value = organisation } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);

        // Only the two selections have results.
        await reader.NextResultAsync(cancellationToken);
        var (pseudonyms, fields) = (Array.Empty<byte>(), new SortedDictionary<int, byte[]>());
        while (await reader.ReadAsync(cancellationToken))
        {
            var (purpose, version) = (reader.GetString(0), reader.GetInt32(1));
            var envelope = new Envelope(reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3), reader.GetString(4));
            var key = envelope.Open(_masterKeys.Value, NameOf(organisation, purpose, version));
            if (purpose == PseudonymPurpose) pseudonyms = key;
            else fields.Add(version, key);
        }

        return new OrganisationKeys(pseudonyms, fields, version => Load(organisation, version));
    }

    // So rare that it may block.
    private byte[]? Load(string organisation, int version)
    {
        using var command = owner.CreateCommand("SELECT secret, data_key, master_key_version FROM organisation_keys WHERE organisation = $1 AND purpose = $2 AND version = $3");
        foreach (object value in (ReadOnlySpan<object>)[organisation, FieldPurpose, version]) command.Parameters.Add(new NpgsqlParameter { Value = value });
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new Envelope(reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1), reader.GetString(2)).Open(_masterKeys.Value, NameOf(organisation, FieldPurpose, version))
            : null;
    }

    /// <summary>Whether there is a master key; in Development there may be none.</summary>
    public bool IsAvailable => !string.IsNullOrWhiteSpace(configuration["Mesh:MasterKey"]);

    /// <summary>Adds a key for fields in a transaction that acts within the organisation.</summary>
    /// <returns>Its version.</returns>
    public async Task<int> AddFieldKeyAsync(NpgsqlConnection connection, string organisation, CancellationToken cancellationToken)
    {
        await using var last = new NpgsqlCommand("SELECT max(version) FROM organisation_keys WHERE organisation = $1 AND purpose = $2", connection)
        {
            Parameters = { new() { Value = organisation }, new() { Value = FieldPurpose } },
        };
        var version = (int)(await last.ExecuteScalarAsync(cancellationToken))! + 1;
        var made = Envelope.Seal(_masterKeys.Value, RandomNumberGenerator.GetBytes(SealedBox.KeyLength), NameOf(organisation, FieldPurpose, version));

        // Of two replicas the second fails on the primary key, and finds nothing due the next time.
        await using var insert = new NpgsqlCommand($"{Insert} VALUES ($1, $2, $3, $4, $5, $6)", connection);
        foreach (object value in (ReadOnlySpan<object>)[organisation, FieldPurpose, version, made.Secret, made.DataKey, made.MasterKeyVersion]) insert.Parameters.Add(new NpgsqlParameter { Value = value });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return version;
    }

    /// <summary>Seals under the master key of today what is sealed under an earlier one.</summary>
    /// <returns>How many keys.</returns>
    public async Task<int> RewrapAsync(CancellationToken cancellationToken)
    {
        var current = _masterKeys.Value.Current.Version;
        var stale = new List<(string Organisation, string Purpose, int Version, Envelope Envelope)>();
        await using (var select = owner.CreateCommand("SELECT organisation, purpose, version, secret, data_key, master_key_version FROM organisation_keys WHERE master_key_version <> $1"))
        {
            select.Parameters.Add(new NpgsqlParameter { Value = current });
            await using var reader = await select.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                stale.Add((reader.GetString(0), reader.GetString(1), reader.GetInt32(2), new Envelope(reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4), reader.GetString(5))));
        }

        foreach (var (organisation, purpose, version, envelope) in stale)
        {
            var renewed = envelope.Rewrap(_masterKeys.Value, NameOf(organisation, purpose, version));
            await using var update = owner.CreateCommand("UPDATE organisation_keys SET data_key = $4, master_key_version = $5 WHERE organisation = $1 AND purpose = $2 AND version = $3 AND master_key_version = $6");
            foreach (object value in (ReadOnlySpan<object>)[organisation, purpose, version, renewed.DataKey, renewed.MasterKeyVersion, envelope.MasterKeyVersion]) update.Parameters.Add(new NpgsqlParameter { Value = value });
            await update.ExecuteNonQueryAsync(cancellationToken);
        }

        return stale.Count;
    }

    private static string NameOf(string organisation, string purpose, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"data key {purpose} {version} of {organisation}");
}
