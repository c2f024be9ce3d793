using System.Security.Cryptography;
using System.Text;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>
/// What PostgreSQL stores of a password (RFC 5803, SCRAM-SHA-256). Sent instead of the password, so that this stands in no
/// statement log of the server.
/// </summary>
internal static class ScramVerifier
{
    private const int Iterations = 4096;

    public static string Of(string password, string saltSeed)
    {
        // Derived like the password: the same in every replica and at every start.
        var salt = SHA256.HashData(Encoding.UTF8.GetBytes($"salt:{saltSeed}"))[..16];
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return FormattableString.Invariant(
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }
}
