using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Privacy;

/// <summary>
/// Signs receipts with the key that signs access tokens at the time. Private keys are destroyed when they retire, so nobody makes a receipt
/// of earlier; public keys of receipts are kept for good.
/// </summary>
internal sealed class Receipts(AuthDatabase database, SigningKeys keys, IOptions<MeshAuthenticationOptions> options, TimeProvider time)
{
    /// <summary>The <c>typ</c> of receipts.</summary>
    public const string Type = "erasure-receipt+jwt";

    /// <summary>What stays, and on what ground; docs/decisions/0015 has the reasons.</summary>
    private static readonly object[] Kept =
    [
        new { store = "auth/audit_events", what = "the user id, a random number that nothing leads to any more; addresses lost their key", ground = "security log" },
        new { store = "data/access_log", what = "under a pseudonym", ground = "security log" },
        new { store = "ai/calls, ai/ledger, ai/audit", what = "under a pseudonym, without hashes of content", ground = "accounting" },
    ];

    public async Task<string> SignAsync(AuthTransaction transaction, PrivacyOperation operation, IEnumerable<PrivacyStep> steps, CancellationToken cancellationToken)
    {
        var signing = keys.Signing;
        await transaction.ExecuteAsync(
            "insert into receipt_keys (id, public_key) values (@Id, @PublicKey) on conflict do nothing",
            new { signing.Id, PublicKey = signing.Key.ExportSubjectPublicKeyInfo() }, cancellationToken);
        var now = time.GetUtcNow();
        return signing.Writer.WriteStatement(Type, JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = options.Value.Issuer,
            jti = operation.Id,
            iat = now.ToUnixTimeSeconds(),
            organisation = operation.Organisation,
            subject = new { salt = Base64Url.EncodeToString(operation.SubjectSalt), sha256 = Base64Url.EncodeToString(operation.SubjectHash) },
            requested = operation.CreatedAt,
            done = now.UtcDateTime,
            services = steps.Select(static step => new
            {
                service = step.Service,
                done = step.DoneAt,
                stores = step.Stores.Select(static count => new { store = count.Store, erased = count.Erased, pseudonymised = count.Pseudonymised }),
            }),
            kept = Kept,
        }));
    }

    /// <summary>The public keys of all receipts.</summary>
    public async Task<AccessTokenKeySet> KeysAsync(CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync<KeyRow>("select id as Id, public_key as PublicKey from receipt_keys order by first_used_at", null, cancellationToken);
        var opened = new List<(string, ECDsa)>();
        try
        {
            foreach (var row in rows)
            {
                var key = ECDsa.Create();
                opened.Add((row.Id, key));
                key.ImportSubjectPublicKeyInfo(row.PublicKey, out _);
            }

            return AccessTokenKeySet.Create(opened);
        }
        finally
        {
            foreach (var (_, key) in opened) key.Dispose();
        }
    }

    public static string Fingerprint(string receipt) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(receipt)));

    /// <summary>Whether a verified receipt is about a user.</summary>
    public static bool Concerns(ReadOnlyMemory<byte> statement, string user)
    {
        using var document = JsonDocument.Parse(statement);
        var subject = document.RootElement.GetProperty("subject");
        var salt = Base64Url.DecodeFromChars(subject.GetProperty("salt").GetString());
        return Base64Url.EncodeToString(SubjectSeal.Hash(salt, user)) == subject.GetProperty("sha256").GetString();
    }

    private sealed record KeyRow
    {
        public required string Id { get; init; }

        public required byte[] PublicKey { get; init; }
    }
}
