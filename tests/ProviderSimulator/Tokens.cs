using System.Globalization;
using System.Text;

namespace AiMesh.ProviderSimulator;

/// <summary>The simulator's own count of tokens, see README.md. It shares no code with the product on purpose.</summary>
public static class Tokens
{
    private const int BytesPerToken = 4;

    public static int OfPrompt(IEnumerable<string> contents) =>
        contents.Sum(content => 4 + (int)Math.Ceiling(Encoding.UTF8.GetByteCount(content) / (double)BytesPerToken));

    /// <summary>An answer in tokens.</summary>
    public static IEnumerable<string> Cut(string text)
    {
        var token = new StringBuilder();
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > BytesPerToken)
            {
                yield return token.ToString();
                token.Clear();
                bytes = 0;
            }

            token.Append(rune.ToString());
            bytes += rune.Utf8SequenceLength;
        }

        if (bytes > 0) yield return token.ToString();
    }

    /// <summary>Text of that many tokens.</summary>
    public static string Filler(int tokens) =>
        string.Concat(Enumerable.Range(0, tokens).Select(i => string.Create(CultureInfo.InvariantCulture, $" {i % 1000:000}")));
}
