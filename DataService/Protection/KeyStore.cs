using System.Globalization;
using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Keys;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Protection;

/// <summary>Keys of organisations: random, made when they are first needed, at rest in envelopes under the master key.</summary>
/// <param name="dataSource">Of requests.</param>
/// <param name="configuration">Has the master key; without one nothing can be protected.</param>
internal sealed class KeyStore(NpgsqlDataSource dataSource, IConfiguration configuration)
{
    private const string PseudonymPurpose = "pseudonyms";
    private const string FieldPurpose = "fields";

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
                """
                INSERT INTO organisation_keys (organisation, purpose, version, secret, data_key, master_key_version)
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

        return new OrganisationKeys(pseudonyms, fields);
    }

    private static string NameOf(string organisation, string purpose, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"data key {purpose} {version} of {organisation}");
}
