using System.Text;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

/// <summary>Reads <c>name{label="value",…} 1</c>, in OpenMetrics with an exemplar after it.</summary>
internal sealed class SampleReader
{
    private readonly string _line;
    private int _position;

    private SampleReader(string line) => _line = line;

    public static Exposition.Sample Read(string line, bool allowExemplar)
    {
        var reader = new SampleReader(line);
        var name = reader.Take(char.IsAsciiLetterOrDigit, "_:");
        Exposition.Require(name.Length > 0 && !char.IsAsciiDigit(name[0]), $"name: {line}");
        var labels = reader.Peek() == '{' ? reader.ReadLabels() : [];
        var value = reader.ReadNumber();

        Exposition.Sample? exemplar = null;
        if (allowExemplar && reader._line[reader._position..].StartsWith(" # {", StringComparison.Ordinal))
        {
            reader._position += " # ".Length;
            var exemplarLabels = reader.ReadLabels();
            Exposition.Require(exemplarLabels.Sum(label => label.Key.Length + label.Value.Length) <= 128, $"exemplar too long: {line}");
            exemplar = new Exposition.Sample("", exemplarLabels, reader.ReadNumber(), null);
            reader.ReadNumber();
        }

        Exposition.Require(reader._position == line.Length, $"left over: {line[reader._position..]}");
        return new Exposition.Sample(name, labels, value, exemplar);
    }

    public static string Unescape(string text, bool quotes)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            Exposition.Require(!quotes || text[i] != '"', $"quote in: {text}");
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            Exposition.Require(i + 1 < text.Length, $"backslash at the end: {text}");
            result.Append(text[++i] switch
            {
                '\\' => '\\',
                'n' => '\n',
                '"' when quotes => '"',
                _ => throw new FormatException($"unknown escape in: {text}"),
            });
        }

        return result.ToString();
    }

    private List<KeyValuePair<string, string>> ReadLabels()
    {
        Expect('{');
        var labels = new List<KeyValuePair<string, string>>();
        while (Peek() != '}')
        {
            if (labels.Count > 0)
            {
                Expect(',');
            }

            var name = Take(char.IsAsciiLetterOrDigit, "_");
            Exposition.Require(name.Length > 0 && !char.IsAsciiDigit(name[0]) && labels.All(l => l.Key != name), $"label {name}: {_line}");
            Expect('=');
            Expect('"');
            var start = _position;
            while (Peek() != '"')
            {
                _position += Peek() == '\\' ? 2 : 1;
            }

            labels.Add(KeyValuePair.Create(name, Unescape(_line[start.._position], quotes: true)));
            Expect('"');
        }

        Expect('}');
        return labels;
    }

    private double ReadNumber()
    {
        Expect(' ');
        return Exposition.Number(Take(char.IsAsciiLetterOrDigit, "+-."));
    }

    private string Take(Func<char, bool> accepted, string others)
    {
        var start = _position;
        while (_position < _line.Length && (accepted(_line[_position]) || others.Contains(_line[_position], StringComparison.Ordinal)))
        {
            _position++;
        }

        return _line[start.._position];
    }

    private char Peek() => _position < _line.Length ? _line[_position] : throw new FormatException($"line ends early: {_line}");

    private void Expect(char character)
    {
        Exposition.Require(Peek() == character, $"'{character}' expected at {_position}: {_line}");
        _position++;
    }
}
