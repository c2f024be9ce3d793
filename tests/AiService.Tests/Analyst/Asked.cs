using System.Globalization;
using System.Text.RegularExpressions;
using AiMesh.AiService.Analyst;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Tests.Analyst;

/// <summary>An answer taken apart for assertions.</summary>
internal sealed partial class Asked
{
    private Asked(string question, string raw, bool answered)
    {
        Question = question;
        Raw = raw;
        IsAnswered = answered;
        Text = Marker().Replace(raw, "");
        Rows = [.. Marker().Matches(raw).SelectMany(m => m.Groups["rows"].Value.Split(','))];
    }

    public string Question { get; }

    public string Raw { get; }

    /// <summary>Without markers.</summary>
    public string Text { get; }

    public bool IsAnswered { get; }

    public HashSet<string> Rows { get; }

    public static Asked Of(string block, string question, DateTimeOffset? now = null)
    {
        var answer = new QuestionAnswerer(new FixedTime(now ?? new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero)))
            .Answer(ContextReader.Read(block, out _), question);
        return new Asked(question, answer.Text, answer.Answered);
    }

    /// <summary>The number stands in the text, as such and not as part of another.</summary>
    public bool Has(double number, int decimals = 10)
    {
        var written = Math.Round(number, decimals).ToString("#,0.##########", CultureInfo.InvariantCulture);
        return Regex.IsMatch(Text, $@"(?<![\d.,]){Regex.Escape(written)}(?![\d]|[.,]\d)");
    }

    public bool Has(string text) => Text.Contains(text, StringComparison.Ordinal);

    public override string ToString() => $"{Question} -> {(IsAnswered ? "" : "(not answered) ")}{Raw}";

    [GeneratedRegex(@"\s?\[(rows )?(?<rows>r\d+(,r\d+)*)(:[a-z_,]+)?\]")]
    private static partial Regex Marker();

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
