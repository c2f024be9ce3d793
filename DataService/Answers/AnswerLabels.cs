using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiMesh.DataService.Paging;

namespace AiMesh.DataService.Answers;

/// <summary>A label as it was given out.</summary>
/// <param name="Version">Of the dataset, before the answer was read.</param>
/// <param name="Count">Items in the answer, for the access log.</param>
/// <param name="Text">The label itself.</param>
internal sealed record AnswerLabel(long Version, long Count, string Text);

/// <summary>
/// Names an answer by what decides over it: the query as it runs for this caller, and the version of the dataset. Whoever keeps an answer shows the
/// label to ask whether it is still the answer, for whichever caller. The label says nothing by itself: it is sealed, so that only a caller for whom
/// the very same query would run finds it to fit, and nobody can make one up.
/// </summary>
internal sealed class AnswerLabels(PageTokenKey key)
{
    private const int SealLength = 16;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Bytes, 32, info: "aimesh data answer labels"u8.ToArray());

    public string Write(string query, long version, long count)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{version}.{count}.");
        return start + Seal(query, start);
    }

    /// <summary>The label, where it was given out for this query.</summary>
    public AnswerLabel? Read(string query, string text)
    {
        var end = text.LastIndexOf('.') + 1;
        if (end == 0 || text[..end].Split('.') is not [var first, var second, ""]) return null;
        if (!long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || !long.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
        var isOurs = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(text[end..]), Encoding.ASCII.GetBytes(Seal(query, text[..end])));
        return isOurs ? new AnswerLabel(version, count, text) : null;
    }

    private string Seal(string query, string start) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(start + query)).AsSpan(0, SealLength));
}
