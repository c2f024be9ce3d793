using System.Net;
using System.Text;
using AiMesh.Embeddings;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.DataService.Search;

/// <summary>Shows where the words of a query stand, in the very values that the caller is answered: nothing else is looked at.</summary>
internal sealed class Highlighter(string query)
{
    private const int MaxPassages = 3;
    private const int PassageLength = 200;
    private const int Before = 60;

    private readonly HashSet<string> _words = [.. Tokeniser.Tokenise(query).Select(static token => Stemmer.Stem(token.Word))];

    /// <param name="fields">As the caller sees them.</param>
    /// <param name="searched">Names of those that were searched, in the order in which to look.</param>
    public IEnumerable<string> Of(Struct fields, IEnumerable<string> searched) =>
        searched.Where(fields.Fields.ContainsKey).SelectMany(name => Texts(fields.Fields[name])).SelectMany(Passages).Take(MaxPassages);

    private static IEnumerable<string> Texts(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => [value.StringValue],
        Value.KindOneofCase.ListValue => value.ListValue.Values.Select(static element => element.StringValue),
        _ => [],
    };

    // One passage from the first hit on, the next from the first hit behind it.
    private IEnumerable<string> Passages(string text)
    {
        var hits = Tokeniser.Tokenise(text).Where(token => _words.Contains(Stemmer.Stem(token.Word)));
        StringBuilder? passage = null;
        var (written, end) = (0, 0);
        foreach (var hit in hits)
        {
            if (passage is not null && hit.Start + hit.Length > end)
            {
                yield return Close(passage, text, written, end);
                passage = null;
            }

            if (passage is null)
            {
                var start = hit.Start <= Before ? 0 : WordStart(text, Math.Max(written, hit.Start - Before), hit.Start);
                (passage, written, end) = (new StringBuilder(start > 0 ? "…" : ""), start, Math.Min(text.Length, Math.Max(start + PassageLength, hit.Start + hit.Length)));
            }

            passage.Append(WebUtility.HtmlEncode(text[written..hit.Start])).Append("<mark>").Append(WebUtility.HtmlEncode(text.Substring(hit.Start, hit.Length))).Append("</mark>");
            written = hit.Start + hit.Length;
        }

        if (passage is not null) yield return Close(passage, text, written, end);
    }

    private static string Close(StringBuilder passage, string text, int written, int end)
    {
        // Not within a word, and not within a surrogate pair.
        if (end < text.Length)
            while (end > written && !char.IsWhiteSpace(text[end])) end--;
        return passage.Append(WebUtility.HtmlEncode(text[written..end])).Append(end < text.Length ? "…" : "").ToString();
    }

    private static int WordStart(string text, int from, int latest)
    {
        for (var i = from; i < latest; i++)
            if (char.IsWhiteSpace(text[i])) return i + 1;
        return latest;
    }
}
