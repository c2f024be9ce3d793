using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

/// <summary>Random changes of tokens, of every part and at every level of their encoding.</summary>
internal sealed class TokenMutations(Random random)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0\"{}:é\ud800";

    private static readonly string[] HeaderPieces =
    [
        "\"alg\":\"none\"", "\"alg\":\"HS256\"", "\"alg\":\"ES384\"", "\"alg\":\"es256\"", "\"typ\":\"JWT\"", "\"kid\":\"other\"", "\"kid\":\"../k\"", "\"crit\":[\"exp\"]",
        "\"b64\":false", "\"zip\":\"DEF\"", "\"jku\":\"https://x/\"", "\"x5c\":[\"\"]", "\"cty\":\"JWT\"", "\"enc\":\"A256GCM\"", "\"alg\":\"ES256\"", "\"\":0",
    ];

    private static readonly string[] ClaimPieces =
    [
        "\"sub\":\"admin\"", "\"roles\":[\"admin\"]", "\"perms\":[\"*\"]", "\"org\":\"other\"", "\"exp\":9999999999", "\"nbf\":0", "\"iat\":0", "\"aud\":[\"aimesh\"]",
        "\"kind\":\"client\"", "\"tier\":\"ENTERPRISE\"", "\"jti\":\"\"", "\"rpm\":1000000", "\"attrs\":{}", "\"iss\":\"https://aimesh/\"", "\"__proto__\":{}",
    ];

    /// <summary>One to three changes of a token; sometimes parts of another one are taken.</summary>
    public string Mutate(string token, string other)
    {
        var rounds = random.Next(1, 4);
        for (var i = 0; i < rounds; i++)
        {
            token = random.Next(12) switch
            {
                0 => token[..random.Next(token.Length + 1)] + other[random.Next(other.Length + 1)..],
                1 => SwapParts(token),
                2 => InPart(token, 0, text => Rewrite(text, HeaderPieces)),
                3 => InPart(token, 1, text => Rewrite(text, ClaimPieces)),
                4 => InPart(token, 2, ChangeSignature),
                5 => InPart(token, random.Next(3), Respell),
                6 => InPart(token, random.Next(3), RawBytes),
                _ => MutateText(token),
            };
        }

        return token;
    }

    /// <summary>One change of any text.</summary>
    public string MutateText(string text)
    {
        if (text.Length == 0) return "x";
        var at = random.Next(text.Length);
        return random.Next(5) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, Alphabet[random.Next(Alphabet.Length)].ToString()),
            2 => text[..at] + (char)(text[at] ^ (1 << random.Next(7))) + text[(at + 1)..],
            3 => text[..at] + text[random.Next(text.Length)..],
            _ => text[..at] + Alphabet[random.Next(Alphabet.Length)] + text[(at + 1)..],
        };
    }

    private string SwapParts(string token)
    {
        var parts = token.Split('.');
        random.Shuffle(parts);
        return string.Join('.', parts);
    }

    private static string InPart(string token, int index, Func<string, string> change)
    {
        var parts = token.Split('.');
        if (index >= parts.Length) return token + ".";
        parts[index] = change(parts[index]);
        return string.Join('.', parts);
    }

    /// <summary>Well-formed JSON that says something else.</summary>
    private string Rewrite(string part, string[] pieces)
    {
        if (!CanonicalBase64Url.TryDecode(part, out var bytes)) return MutateText(part);
        var json = Encoding.UTF8.GetString(bytes);
        var piece = pieces[random.Next(pieces.Length)];
        var members = json.Trim('{', '}').Split(',');
        var changed = random.Next(4) switch
        {
            0 => $"{{{piece},{json.TrimStart('{')}",
            1 => $"{json.TrimEnd('}')},{piece}}}",
            2 => $"{{{string.Join(',', members.Select((member, i) => i == random.Next(members.Length) ? piece : member))}}}",
            _ => MutateText(json),
        };
        return CanonicalBase64Url.Encode(Encoding.UTF8.GetBytes(changed));
    }

    /// <summary>r or s becomes something at the edge of its range, or another encoding of the same.</summary>
    private string ChangeSignature(string part)
    {
        if (!CanonicalBase64Url.TryDecode(part, out var bytes) || bytes.Length != 64) return MutateText(part);
        byte[] order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        var half = bytes.AsSpan(32 * random.Next(2), 32);
        switch (random.Next(6))
        {
            case 0: half.Clear(); break;
            case 1: order.CopyTo(half); break;
            case 2: half.Fill(0xFF); break;
            case 3: half[random.Next(32)] ^= (byte)(1 << random.Next(8)); break;
            case 4: bytes = [.. bytes[32..], .. bytes[..32]]; break;
            default: bytes = [0x30, 0x44, 0x02, 0x20, .. bytes[..32], 0x02, 0x20, .. bytes[32..]]; break;
        }

        return CanonicalBase64Url.Encode(bytes);
    }

    /// <summary>Other spellings of the same bytes in base64.</summary>
    private string Respell(string part) => random.Next(6) switch
    {
        0 => part + "=",
        1 => part.Replace('-', '+').Replace('_', '/') + "==",
        2 => part.Insert(random.Next(part.Length + 1), "\r\n"),
        3 => part.Length == 0 ? "A" : part[..^1] + (char)(part[^1] + 1),
        4 => Uri.EscapeDataString(part) + "%2E",
        _ => part + "A",
    };

    private string RawBytes(string part)
    {
        var bytes = new byte[random.Next(part.Length + 1)];
        random.NextBytes(bytes);
        return CanonicalBase64Url.Encode(bytes);
    }
}
