using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace AiMesh.AuthService.Keys;

/// <summary>Signing keys as rows. Private keys never leave this class unsealed except into an <see cref="ECDsa"/>.</summary>
internal sealed class SigningKeyStore(NpgsqlDataSource database, MasterKeyRing masterKeys)
{
    // Any number; advisory locks are of this database only.
    private const long RotationLock = 4_201;

    /// <summary>All keys, in order of activation.</summary>
    public async Task<IReadOnlyList<StoredSigningKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await ListAsync(connection, null, cancellationToken);
    }

    /// <summary>Decides and carries out what is due, as the only replica that does so at this moment.</summary>
    /// <returns>The keys as they are afterwards.</returns>
    public async Task<IReadOnlyList<StoredSigningKey>> RotateAsync(
        Func<IReadOnlyList<StoredSigningKey>, RotationPlan> decide, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(Command("select pg_advisory_xact_lock(@RotationLock)", new { RotationLock }));

        var keys = await ListAsync(connection, transaction, cancellationToken);
        var plan = decide(keys);
        if (plan.CreateKeyActiveFrom is { } activatesAt) await connection.ExecuteAsync(Command(InsertSql, Create(activatesAt)));
        if (!plan.Delete.IsEmpty)
            await connection.ExecuteAsync(Command("delete from signing_keys where id = any(@Ids)", new { Ids = plan.Delete.ToArray() }));
        foreach (var old in keys.Where(key => IsSealedUnderOldMasterKey(key) && !plan.Delete.Contains(key.Id)))
            await connection.ExecuteAsync(Command(RewrapSql, Rewrap(old)));

        keys = await ListAsync(connection, transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return keys;

        CommandDefinition Command(string sql, object parameters) => new(sql, parameters, transaction, cancellationToken: cancellationToken);
    }

    public bool IsSealedUnderOldMasterKey(StoredSigningKey stored) => stored.MasterKeyVersion != masterKeys.Current.Version;

    /// <summary>Opens the envelope of a private key.</summary>
    /// <exception cref="InvalidOperationException">The master key is another, or the row was tampered with.</exception>
    public SigningKey Open(StoredSigningKey stored)
    {
        var pkcs8 = EnvelopeOf(stored).Open(masterKeys, NameOf(stored.Id));
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return new SigningKey(stored.Id, key, stored.ActivatesAt);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private const string InsertSql =
        """
        insert into signing_keys (id, public_key, sealed_private_key, sealed_data_key, master_key_version, activates_at)
        values (@Id, @PublicKey, @SealedPrivateKey, @SealedDataKey, @MasterKeyVersion, @ActivatesAt)
        """;

    private const string RewrapSql =
        "update signing_keys set sealed_data_key = @SealedDataKey, master_key_version = @MasterKeyVersion where id = @Id";

    private StoredSigningKey Create(DateTimeOffset activatesAt)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var id = Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 16));
        var pkcs8 = key.ExportPkcs8PrivateKey();
        var envelope = Envelope.Seal(masterKeys, pkcs8, NameOf(id));
        CryptographicOperations.ZeroMemory(pkcs8);
        return new StoredSigningKey
        {
            Id = id,
            PublicKey = publicKey,
            SealedPrivateKey = envelope.Secret,
            SealedDataKey = envelope.DataKey,
            MasterKeyVersion = envelope.MasterKeyVersion,
            ActivatesAt = activatesAt.UtcDateTime,
        };
    }

    private StoredSigningKey Rewrap(StoredSigningKey stored)
    {
        var envelope = EnvelopeOf(stored).Rewrap(masterKeys, NameOf(stored.Id));
        return stored with { SealedDataKey = envelope.DataKey, MasterKeyVersion = envelope.MasterKeyVersion };
    }

    private static Envelope EnvelopeOf(StoredSigningKey stored) => new(stored.SealedPrivateKey, stored.SealedDataKey, stored.MasterKeyVersion);

    private static string NameOf(string id) => $"signing key {id}";

    private static async Task<IReadOnlyList<StoredSigningKey>> ListAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<StoredSigningKey>(new CommandDefinition(
            """
            select id, public_key as PublicKey, sealed_private_key as SealedPrivateKey, sealed_data_key as SealedDataKey,
                   master_key_version as MasterKeyVersion, activates_at as ActivatesAt
            from signing_keys order by activates_at
            """,
            transaction: transaction, cancellationToken: cancellationToken))];
}
