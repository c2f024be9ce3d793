using System.Globalization;
using System.Text.RegularExpressions;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

/// <summary>
/// Reads a response as a scraper does, only stricter: what the specifications of the text format 0.0.4 and of OpenMetrics
/// 1.0.0 forbid, or leave to taste but Prometheus warns about, throws <see cref="FormatException"/>.
/// </summary>
internal sealed partial class Exposition
{
    private readonly bool _openMetrics;
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);
    private Family? _current;

    private Exposition(bool openMetrics) => _openMetrics = openMetrics;

    public IReadOnlyDictionary<string, Family> Families => _families;

    public IEnumerable<Sample> Samples => _families.Values.SelectMany(family => family.Samples);

    public static Exposition ParseText(string text) => Parse(text, openMetrics: false);

    public static Exposition ParseOpenMetrics(string text)
    {
        Require(text.EndsWith("# EOF\n", StringComparison.Ordinal), "does not end with # EOF");
        return Parse(text[..^"# EOF\n".Length], openMetrics: true);
    }

    /// <summary>The only sample of that name whose labels include these, written <c>a="b"</c>.</summary>
    public Sample Single(string name, params string[] labels) => Samples.Single(sample =>
        sample.Name == name && labels.All(label => sample.Labels.Any(pair => $"{pair.Key}=\"{pair.Value}\"" == label)));

    private static Exposition Parse(string text, bool openMetrics)
    {
        Require(text.Length == 0 || text.EndsWith('\n'), "the last line is not ended");
        Require(!text.Contains('\r', StringComparison.Ordinal), "carriage return");
        var exposition = new Exposition(openMetrics);
        foreach (var line in text.Split('\n')[..^1])
        {
            exposition.ReadLine(line);
        }

        foreach (var family in exposition._families.Values)
        {
            HistogramRules.Check(family, openMetrics);
        }

        return exposition;
    }

    private void ReadLine(string line)
    {
        Require(line.Length > 0, "empty line");
        if (line.StartsWith("# ", StringComparison.Ordinal))
        {
            ReadMetadata(line);
            return;
        }

        var sample = SampleReader.Read(line, allowExemplar: _openMetrics);
        Require(_current is not null, $"sample before any TYPE: {line}");
        Require(SuffixesOf(_current!.Type).Any(suffix => sample.Name == FamilyStem(_current) + suffix), $"{sample.Name} does not belong to {_current.Name}");
        Require(_series.Add($"{sample.Name}{{{string.Join(",", sample.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))}}}"), $"series twice: {line}");
        Require(
            sample.Exemplar is null || sample.Name.EndsWith("_total", StringComparison.Ordinal) || sample.Name.EndsWith("_bucket", StringComparison.Ordinal),
            $"exemplar in the wrong place: {line}");
        Require(_current.Type != "counter" || sample.Value >= 0, $"negative counter: {line}");
        _current.Samples.Add(sample);
    }

    private void ReadMetadata(string line)
    {
        var match = Metadata().Match(line);
        Require(match.Success, $"unknown comment: {line}");
        var (keyword, name, rest) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value);
        if (keyword == "TYPE")
        {
            string[] types = _openMetrics ? ["counter", "gauge", "histogram", "info"] : ["counter", "gauge", "histogram"];
            Require(types.Contains(rest), $"unknown type: {line}");
            _current = new Family(name, rest);
            Require(_families.TryAdd(name, _current), $"family twice: {name}");
            return;
        }

        Require(_current?.Name == name && _current.Samples.Count == 0, $"{keyword} outside of its family: {line}");
        if (keyword == "HELP")
        {
            Require(_current!.Help is null, $"HELP twice: {name}");
            _current.Help = SampleReader.Unescape(rest, quotes: _openMetrics);
        }
        else
        {
            Require(_openMetrics && _current!.Unit is null, $"UNIT: {line}");
            Require(name.EndsWith("_" + rest, StringComparison.Ordinal), $"the family does not end with its unit: {line}");
            _current!.Unit = rest;
        }
    }

    // OpenMetrics names families without the suffix; the text format's counters and gauges are named as their sample.
    private string[] SuffixesOf(string type) => (type, _openMetrics) switch
    {
        ("counter", true) => ["_total", "_created"],
        ("info", true) => ["_info"],
        ("histogram", true) => ["_bucket", "_sum", "_count", "_created"],
        ("histogram", false) => ["_bucket", "_sum", "_count"],
        _ => [""],
    };

    private static string FamilyStem(Family family) => family.Name;

    internal static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException(message);
        }
    }

    [GeneratedRegex("^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Metadata();

    internal sealed record Family(string Name, string Type)
    {
        public string? Help { get; set; }

        public string? Unit { get; set; }

        public List<Sample> Samples { get; } = [];
    }

    internal sealed record Sample(string Name, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, Sample? Exemplar)
    {
        public string? this[string label] => Labels.FirstOrDefault(pair => pair.Key == label).Value;
    }

    internal static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };
}
