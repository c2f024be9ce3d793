using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;

namespace AiMesh.AuthService.Audit;

/// <summary>
/// Keeps out of the audit chain, which can never forget, what would tell who somebody is: addresses, and accounts at providers. They go in sealed under a
/// key of the person's own, which lies beside the account and is deleted with it. It protects nothing from who reads the database; it is there to be destroyed.
/// </summary>
internal static class PersonKeys
{
    private const string Prefix = "sealed:";

    /// <summary>The entry with its address sealed, where it is about a person.</summary>
    public static async Task<AuditEntry> SealAsync(AuthTransaction transaction, AuditEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Address is not { } address || PersonOf(entry) is not { } person) return entry;
        return await FindOrCreateAsync(transaction, person, cancellationToken) is { } key
            ? entry with { Address = Seal(key, address, AddressPurpose) }
            : entry with { Address = null };
    }

    /// <summary>A fact for the detail of an entry, sealed under the key of the person whom it tells of; empty where there is no such person.</summary>
    public static async Task<string> SealDetailAsync(AuthTransaction transaction, string user, string text, CancellationToken cancellationToken) =>
        await FindOrCreateAsync(transaction, user, cancellationToken) is { } key ? Seal(key, text, DetailPurpose) : "";

    /// <summary>The address; null when it was not sealed, or under another key.</summary>
    public static string? OpenAddress(byte[] key, string text) => Open(key, text, AddressPurpose);

    /// <summary>What stands in a detail; null when it was not sealed, or under another key.</summary>
    public static string? OpenDetail(byte[] key, string text) => Open(key, text, DetailPurpose);

    private static ReadOnlySpan<byte> AddressPurpose => "address in the audit chain"u8;

    private static ReadOnlySpan<byte> DetailPurpose => "detail in the audit chain"u8;

    private static string Seal(byte[] key, string text, ReadOnlySpan<byte> purpose) =>
        Prefix + Base64Url.EncodeToString(SealedBox.Seal(key, Encoding.UTF8.GetBytes(text), purpose));

    private static string? Open(byte[] key, string text, ReadOnlySpan<byte> purpose) =>
        text.StartsWith(Prefix, StringComparison.Ordinal) && Base64Url.IsValid(text.AsSpan(Prefix.Length))
            && SealedBox.Open(key, Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length)), purpose) is { } opened ? Encoding.UTF8.GetString(opened) : null;

    /// <summary>Who acts; or whose account it was tried on.</summary>
    private static string? PersonOf(AuditEntry entry) => entry switch
    {
        { Actor: { } actor } => UserId.IsPlausible(actor) ? actor : null,
        { Target: { } target } when UserId.IsPlausible(target) => target,
        _ => null,
    };

    /// <summary>Null where there is no such person any more.</summary>
    private static async Task<byte[]?> FindOrCreateAsync(AuthTransaction transaction, string user, CancellationToken cancellationToken)
    {
        var parameters = new { transaction.Organisation, user, key = RandomNumberGenerator.GetBytes(SealedBox.KeyLength) };
        const string Find = "select key from person_keys where organisation = @Organisation and user_id = @user";
        if (await transaction.QueryOneAsync<byte[]>(Find, parameters, cancellationToken) is { } known) return known;

        // Somebody else may insert at the same moment; the second statement then sees what was committed while this one waited.
        await transaction.ExecuteAsync(
            """
            insert into person_keys (organisation, user_id, key)
            select organisation, id, @key from users where organisation = @Organisation and id = @user
            on conflict do nothing
            """,
            parameters, cancellationToken);
        return await transaction.QueryOneAsync<byte[]>(Find, parameters, cancellationToken);
    }
}
