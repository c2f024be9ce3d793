using AiMesh.AiService.Ask.Citations;
using AiMesh.AiService.Ask.Sources;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AiService.Tests.Ask.Citations;

/// <summary>Markers become citations of rows that were given; everything else is text.</summary>
public sealed class CitationReaderTests
{
    private static readonly SourceField[] Fields = [new("title", "string", "", Sensitivity.Open), new("year", "integer", "", Sensitivity.Open)];

    public static TheoryData<string, string, string> Answers => new()
    {
        { "One [r1].", "One [1].", "1" },
        { "Two [r2:title] and [r1:year,title] and two [r2].", "Two [1] and [2] and two [1].", "2,1" },
        { "Both [r1, r2].", "Both [1][2].", "1,2" },
        { "Sum is 7. [rows r1,r2,r3]", "Sum is 7.", "1,2,3" },
        { "Sum is 7 [rows r1] indeed.", "Sum is 7 indeed.", "1" },
        { "[no-answer] Nothing.", "Nothing.", "" },
        { "A list [a, b] and [link](http://x) and x[0].", "A list [a, b] and [link](http://x) and x[0].", "" },
        { "Open [r1", "Open [r1", "" },
        { "Nested [see [r1]].", "Nested [see [1]].", "1" },
        { "[[r1]]", "[[1]]", "1" },
        { "Kein Grüße 千 [r3] 😀", "Kein Grüße 千 [1] 😀", "3" },
        { "[R1] [r1x] [r] []", "[R1] [r1x] [r] []", "" },
        { "  leading", "leading", "" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Markers_AreReplaced_HoweverTheAnswerIsCut(string answer, string expected, string cited)
    {
        for (var size = 1; size <= answer.Length; size++)
        {
            var reader = Reader();
            var text = string.Concat(answer.Chunk(size).Select(piece => reader.Read(new string(piece)))) + reader.End();

            Assert.Equal(expected, text);
            Assert.Equal(cited, string.Join(',', reader.Cited.Select(c => c.Row.Row.Name)));
            Assert.Equal(answer.StartsWith("[no-answer]", StringComparison.Ordinal), reader.SaysNoAnswer);
            Assert.Equal(0, reader.Invalid);
        }
    }

    [Fact]
    public void Rows_ThatTheModelWasNotGiven_AreNeverCited()
    {
        var reader = Reader();

        var text = reader.Read("True [r1]. Made up [r4]. Half [r2,r99]. [rows r1,r1000]") + reader.End();

        Assert.Equal("True [1]. Made up. Half [2].", text);
        Assert.Equal(["1", "2"], reader.Cited.Select(c => c.Row.Row.Name));
        Assert.Equal(3, reader.Invalid);
    }

    [Fact]
    public void Fields_ThatTheModelWasNotGiven_AreNotNamed()
    {
        var reader = Reader();
        reader.Read("It is so [r1:title,salary,title].");

        Assert.Equal(["title"], Assert.Single(reader.Cited).FieldsIn(""));
    }

    [Fact]
    public void Citations_HaveALimit()
    {
        var rows = Enumerable.Range(1, 60).ToDictionary(i => $"r{i}", i => Row(i));
        var reader = new CitationReader(rows);

        reader.Read($"[rows {string.Join(',', rows.Keys)}]");

        Assert.Equal(CitationReader.MostCitations, reader.Cited.Count());
    }

    [Fact]
    public void Text_ThatIsNoMarker_IsNotHeldBack()
    {
        var reader = Reader();

        Assert.Equal("Plain text.", reader.Read("Plain text."));
        Assert.Equal("", reader.Read("[r1"));
        Assert.Equal("[1]", reader.Read("]"));
        Assert.Equal(5001, (reader.Read("[" + new string('x', 5000)) + reader.End()).Length);
    }

    private static CitationReader Reader() => new(Enumerable.Range(1, 3).ToDictionary(i => $"r{i}", i => Row(i)));

    private static PackedRow Row(int number)
    {
        var name = number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new PackedRow(new SourceRow(name, new Struct()), new SourceTable { Id = "movies", Fields = [.. Fields], Rows = [] }, Fields);
    }
}
