using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AiMesh.AiService.Analyst.Text;

/// <summary>Cuts text into words. Questions and cell values pass through the same cuts, so that they meet.</summary>
internal static partial class Lexer
{
    /// <summary>Words of a question: with numbers, dates, comparison signs and quotations.</summary>
    public static List<Word> Question(string text)
    {
        var words = new List<Word>();
        var quotes = 0;
        foreach (Match match in QuestionToken().Matches(text))
        {
            if (match.Groups["quote"] is { Success: true } quote)
            {
                quotes++;
                foreach (var word in Words(quote.Value))
                    words.Add(word with { Quote = quotes });
            }
            else if (match.Groups["date"].Success)
            {
                words.Add(new Word(match.Value, match.Value, WordKind.Date));
            }
            else if (match.Groups["number"] is { Success: true } number)
            {
                words.Add(Number(match, number.Value));
            }
            else if (match.Groups["symbol"].Success)
            {
                words.Add(new Word(match.Value, Symbol(match.Value), WordKind.Symbol));
            }
            else
            {
                words.AddRange(Words(match.Value));
            }
        }

        return words;
    }

    /// <summary>Words of a value: runs of letters and digits, without possessive endings.</summary>
    public static IEnumerable<Word> Words(string text)
    {
        foreach (Match match in Run().Matches(text))
        {
            var folded = new StringBuilder(match.Length);
            foreach (var character in match.Value)
            {
                if (character is not ('\'' or '’'))
                    Fold.Append(folded, character);
            }

            // "Schindler's" and "what's" lose their ending, "don't" becomes "dont".
            if (match.Value is [.., '\'' or '’', 's' or 'S'])
                folded.Length--;
            if (folded.Length == 0)
                continue;

            var word = folded.ToString();
            if (double.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                yield return new Word(match.Value, word, WordKind.Number, 0, value);
            else
                yield return new Word(match.Value, word, WordKind.Letters);
        }
    }

    private static Word Number(Match match, string digits)
    {
        var folded = digits.Replace(",", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        var value = double.Parse(folded, NumberStyles.Float, CultureInfo.InvariantCulture);
        value *= Magnitude(match.Groups["unit"].Value);
        return new Word(match.Value.Trim(), folded, WordKind.Number, 0, value);
    }

    public static double Magnitude(string unit) => unit.ToLowerInvariant() switch
    {
        "k" or "thousand" => 1e3,
        "m" or "mn" or "mio" or "million" or "millions" => 1e6,
        "b" or "bn" or "billion" or "billions" => 1e9,
        "trillion" => 1e12,
        _ => 1,
    };

    private static string Symbol(string symbol) => symbol switch
    {
        "≥" or "=>" => ">=",
        "≤" or "=<" => "<=",
        "==" => "=",
        "≠" or "<>" => "!=",
        "–" or "—" => "-",
        _ => symbol,
    };

    // A number keeps to itself: "PG-13" is letters and a run of digits, "-5" after a space is negative.
    [GeneratedRegex("""
        "(?<quote>[^"]+)" | “(?<quote>[^”]+)” | «(?<quote>[^»]+)» | (?<![\p{L}\p{N}])'(?<quote>[^']{2,})'(?![\p{L}\p{N}])
        | (?<date>(?<![\p{L}\p{N}-])\d{4}-\d{2}-\d{2}(?![\p{L}\p{N}]))
        | (?<![\p{L}\p{N}.,])(?<number>(?<![\p{L}\p{N}]-?)-?(?:\d{1,3}(?:[,_]\d{3})+|\d+)(?:\.\d+)?)(?:\s*(?<unit>(?:thousand|millions?|billions?|trillion|mio|mn|bn|k|m|b)(?![\p{L}\p{N}])))?(?![\p{L}\p{N}'’])
        | (?<symbol>>=|<=|=>|=<|==|!=|<>|[<>=≥≤≠]|(?<=\d\s*)[-–—](?=\s*\d))
        | [\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}]+)*
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex QuestionToken();

    [GeneratedRegex(@"[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}]+)*", RegexOptions.None, 1000)]
    private static partial Regex Run();
}
