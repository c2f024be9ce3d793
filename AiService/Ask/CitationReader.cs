using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AiMesh.Ai.V1;
using AiMesh.AiService.Analyst;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AiService.Ask;

/// <summary>
/// Takes the marks of models out of a streamed answer: "[r12:title]" becomes a number in the text and a citation of that row,
/// "[rows r1,r2:title]" citations only. What might still become a mark is held back until it is one or not. Rows that were never given are
/// not cited.
/// </summary>
internal sealed partial class CitationReader(IReadOnlyDictionary<string, SourceRow> rows)
{
    private const int MaxCitations = 50;

    /// <summary>A mark of fifty rows and all their fields is shorter; anything longer is text.</summary>
    private const int MaxMarkLength = 2000;

    private const int MaxLabelLength = 100;

    private readonly List<Citation> _citations = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly StringBuilder _answer = new();
    private string _held = "";

    public IReadOnlyList<Citation> Citations => _citations;

    /// <summary>False once the model has said that the data does not hold the answer.</summary>
    public bool Answered { get; private set; } = true;

    /// <summary>Everything that was given out so far.</summary>
    public string Answer => _answer.ToString();

    /// <returns>What can be shown now; may be empty.</returns>
    public string Add(string text) => Give(Read(_held + text, isLast: false));

    /// <summary>The rest at the end of the stream.</summary>
    public string Complete() => Give(Read(_held, isLast: true));

    [GeneratedRegex(@"^\[(?<many>rows )?(?<ids>r\d+(?:, ?r\d+)*)(?::(?<fields>[^\]]*))?\]$")]
    private static partial Regex Mark();

    private string Read(string text, bool isLast)
    {
        var shown = new StringBuilder();
        var position = 0;
        while (position < text.Length)
        {
            var open = text.IndexOf('[', position);
            if (open < 0)
            {
                shown.Append(text, position, text.Length - position);
                position = text.Length;
                break;
            }

            shown.Append(text, position, open - position);
            position = open;
            var close = text.IndexOf(']', open);
            if (close < 0 && !isLast && text.Length - open <= MaxMarkLength)
                break; // It may yet become a mark.
            if (close > 0 && TryReplace(text[open..(close + 1)], out var replacement))
            {
                position = close + 1;
                if (replacement.Length > 0)
                    shown.Append(replacement);
                else
                    TrimEnd(shown);
            }
            else
            {
                shown.Append('[');
                position = open + 1;
            }
        }

        // White space before a mark that vanishes goes with it, so it waits to see what follows.
        var rest = text[position..];
        var kept = isLast ? shown.Length : shown.ToString().TrimEnd().Length;
        _held = shown.ToString(kept, shown.Length - kept) + rest;
        shown.Length = kept;
        return _answer.Length == 0 ? shown.ToString().TrimStart() : shown.ToString();
    }

    private string Give(string text)
    {
        _answer.Append(text);
        return text;
    }

    private bool TryReplace(string mark, out string replacement)
    {
        replacement = "";
        if (mark == Markers.NoAnswer)
        {
            Answered = false;
            return true;
        }

        var match = Mark().Match(mark);
        if (!match.Success)
            return false;

        var fields = match.Groups["fields"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var numbers = match.Groups["ids"].Value.Split(',', StringSplitOptions.TrimEntries).Select(id => Cite(id, fields)).Where(number => number > 0).ToList();
        if (!match.Groups["many"].Success)
            replacement = string.Concat(numbers.Select(number => string.Create(CultureInfo.InvariantCulture, $"[{number}]")));
        return true;
    }

    /// <returns>The number of the citation from 1; 0 where there is none.</returns>
    private int Cite(string id, string[] fields)
    {
        if (!rows.TryGetValue(id, out var row))
            return 0;
        if (!_numbers.TryGetValue(row.Name, out var number))
        {
            if (_citations.Count == MaxCitations)
                return 0;
            _citations.Add(new Citation { Name = row.Name, Label = LabelOf(row) });
            _numbers[row.Name] = number = _citations.Count;
        }

        var citation = _citations[number - 1];
        citation.Fields.AddRange(fields.Where(field => row.Fields.Fields.ContainsKey(field) && !citation.Fields.Contains(field)));
        return number;
    }

    /// <summary>The first text of the row, in order of field names that look like names.</summary>
    private static string LabelOf(SourceRow row)
    {
        var texts = row.Fields.Fields.Where(field => field.Value.KindCase == Value.KindOneofCase.StringValue && field.Value.StringValue.Length > 0).ToList();
        var label = texts.Where(field => field.Key is "title" or "name" || field.Key.EndsWith("_name", StringComparison.Ordinal)).Select(field => field.Value.StringValue).FirstOrDefault()
            ?? texts.Select(field => field.Value.StringValue).FirstOrDefault() ?? row.Name;
        return label.Length <= MaxLabelLength ? label : string.Concat(label.AsSpan(0, MaxLabelLength - 1), "…");
    }

    private static void TrimEnd(StringBuilder text)
    {
        while (text.Length > 0 && char.IsWhiteSpace(text[^1]))
            text.Length--;
    }
}
