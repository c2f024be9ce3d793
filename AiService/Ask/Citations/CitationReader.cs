using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AiMesh.AiService.Analyst;

namespace AiMesh.AiService.Ask.Citations;

/// <summary>
/// Reads an answer as it comes and replaces the models' markers: "[r12:title]" becomes the number of a citation, "[rows …]" and
/// "[no-answer]" disappear. Text is held back only while it may still become a marker.
/// </summary>
internal sealed partial class CitationReader(IReadOnlyDictionary<string, PackedRow> rows)
{
    /// <summary>Most citations of one answer.</summary>
    public const int MostCitations = 50;

    private const int LongestMarker = 4000;

    private readonly Dictionary<string, CitedRow> _cited = new(StringComparer.Ordinal);
    private readonly StringBuilder _held = new();
    private bool _begun;

    /// <summary>Rows cited, in order of first use.</summary>
    public IEnumerable<CitedRow> Cited => _cited.Values.OrderBy(c => c.Number);

    /// <summary>The model said that the data holds no answer.</summary>
    public bool SaysNoAnswer { get; private set; }

    /// <summary>Citations of rows that the model was not given.</summary>
    public int Invalid { get; private set; }

    /// <summary>Takes the next piece and answers what can be passed on.</summary>
    public string Read(string piece)
    {
        _held.Append(piece);
        return Release(isEnd: false);
    }

    /// <summary>What is left when the answer has ended.</summary>
    public string End() => Release(isEnd: true);

    private string Release(bool isEnd)
    {
        var text = _held.ToString();
        var output = new StringBuilder(text.Length);
        var position = 0;
        while (position < text.Length)
        {
            var start = text.IndexOf('[', position);
            if (start < 0) break;

            var end = text.IndexOf(']', start);
            var reopened = text.IndexOf('[', start + 1);
            if (reopened >= 0 && (end < 0 || reopened < end))
            {
                // The first bracket was none of ours.
                output.Append(text, position, reopened - position);
                position = reopened;
                continue;
            }

            if (end < 0) break;
            var before = text.AsSpan(position, start - position);
            if (Replace(text[(start + 1)..end]) is { } replacement)
                output.Append(replacement.Length == 0 ? before.TrimEnd(' ') : before).Append(replacement);
            else
                output.Append(before).Append(text, start, end + 1 - start);
            position = end + 1;
        }

        // Spaces before a marker vanish with it, so they wait for what follows.
        var open = text.IndexOf('[', position);
        var keep = isEnd ? text.Length : open >= 0 && text.Length - open <= LongestMarker ? open : text.Length;
        while (!isEnd && keep > position && text[keep - 1] == ' ')
            keep--;
        output.Append(text, position, keep - position);
        _held.Clear().Append(text, keep, text.Length - keep);

        if (_begun) return output.ToString();
        var first = output.ToString().TrimStart();
        _begun = first.Length > 0;
        return first;
    }

    /// <summary>What stands in the marker's place; null when it is no marker.</summary>
    private string? Replace(string inside)
    {
        if ($"[{inside}]" == Markers.NoAnswer)
        {
            SaysNoAnswer = true;
            return "";
        }

        if (Marker().Match(inside) is not { Success: true } marker) return null;

        var fields = marker.Groups["fields"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var numbers = new StringBuilder();
        foreach (var id in marker.Groups["ids"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Cite(id, fields) is { } number && !marker.Groups["many"].Success)
                numbers.Append(CultureInfo.InvariantCulture, $"[{number}]");
        }

        return numbers.ToString();
    }

    private int? Cite(string id, IEnumerable<string> fields)
    {
        if (!rows.TryGetValue(id, out var row))
        {
            Invalid++;
            return null;
        }

        // Readings of one device are one citation: that of the device.
        if (!_cited.TryGetValue(row.Row.Name, out var cited))
        {
            if (_cited.Count >= MostCitations) return null;
            _cited.Add(row.Row.Name, cited = new CitedRow(row, _cited.Count + 1));
        }

        cited.Use(fields);
        return cited.Number;
    }

    [GeneratedRegex(@"^\s*(?<many>rows?\s+)?(?<ids>r\d+(\s*,\s*r\d+)*)\s*(:(?<fields>[A-Za-z0-9_,\s-]*))?\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Marker();
}
