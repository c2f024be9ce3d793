using System.Globalization;
using System.Security.Cryptography;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>
/// How far a chain had come at some moment. A chain alone cannot tell that its end was cut off, or that all of it was written anew; a
/// checkpoint that was kept elsewhere, or that only the holder of a key can make, tells both.
/// </summary>
/// <param name="Organisation">Whose chain; empty for that of nobody known.</param>
/// <param name="Sequence">Of the last record.</param>
/// <param name="Hash">Of the last record.</param>
public sealed record AuditCheckpoint(string Organisation, long Sequence, ReadOnlyMemory<byte> Hash)
{
    private const string Nobody = "-";

    /// <summary>HMAC-SHA256 over the checkpoint.</summary>
    /// <param name="key">32 bytes that the database does not know.</param>
    public byte[] Seal(byte[] key)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData("aimesh audit checkpoint 1"u8);
        AuditRecord.Append(mac, Organisation);
        AuditRecord.Append(mac, Sequence);
        mac.AppendData(Hash.Span);
        return mac.GetHashAndReset();
    }

    /// <summary>As one line of text: organisation ("-" for none), sequence and hash in hexadecimal digits.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Organisation.Length == 0 ? Nobody : Organisation)} {Sequence} {Convert.ToHexStringLower(Hash.Span)}");

    /// <summary>Reads a line of <see cref="ToString"/>; null for any other.</summary>
    public static AuditCheckpoint? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var organisation, var number, { Length: 2 * AuditRecord.HashLength } hash]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && sequence > 0 && hash.All(char.IsAsciiHexDigit)
                ? new AuditCheckpoint(organisation == Nobody ? "" : organisation, sequence, Convert.FromHexString(hash))
                : null;
    }
}
