using AiMesh.DataService.Import;

namespace AiMesh.DataService.Tests.Import;

public sealed class CsvReaderTests
{
    [Theory]
    [InlineData("a,b\n1,2", "1:a|b 2:1|2")]
    [InlineData("a,b\r\n1,2\r\n", "1:a|b 2:1|2")]
    [InlineData("\uFEFFa\n1", "1:a 2:1")]
    [InlineData("a,\"b\"\n\"1,2\",\"\"", "1:a|'b' 2:'1,2'|''")]
    [InlineData("\"a\"\"b\"\n", "1:'a\"b'")]
    [InlineData("\"a\nb\r\nc\",d\ne,f", "1:'a\nb\r\nc'|d 4:e|f")]
    [InlineData("a,\n,b\n,\n", "1:a| 2:|b 3:|")]
    [InlineData("a\n\n\r\nb\n\n", "1:a 4:b")]
    [InlineData(" a , b ", "1: a | b ")]
    [InlineData("a\rb,c", "1:a\rb|c")]
    [InlineData("\"\"", "1:''")]
    [InlineData("", "")]
    [InlineData("a,\"b", "! 1: the quote is not closed")]
    [InlineData("x\na,\"b\"c", "1:x ! 2: expected a comma or the end of the line after the closing quote")]
    [InlineData("x\na\"b\"", "1:x ! 2: a quote within a cell: put the cell in quotes and double it")]
    [InlineData("x\n\"a\n\nb", "1:x ! 2: the quote is not closed")]
    public void Read_FollowsRfc4180(string csv, string expected)
    {
        var reader = new CsvReader(csv);
        var records = new List<string>();
        while (reader.Read()) records.Add($"{reader.Line}:{string.Join('|', reader.Cells.Select(c => c.Quoted ? $"'{c.Text}'" : c.Text))}");
        if (reader.Fault is not null) records.Add($"! {reader.Line}: {reader.Fault}");
        Assert.Equal(expected, string.Join(' ', records));
    }

    [Fact]
    public void Read_OfWhatWasWritten_GivesItBack()
    {
        var random = new Random(3);
        const string Alphabet = "a,\"\n\r é😀";
        for (var i = 0; i < 2000; i++)
        {
            var width = random.Next(2, 5);
            var rows = Enumerable.Range(0, random.Next(1, 5))
                .Select(_ => Enumerable.Range(0, width).Select(_ => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Alphabet[random.Next(Alphabet.Length)]))).ToArray())
                .ToList();
            var csv = string.Join(random.Next(2) == 0 ? "\n" : "\r\n", rows.Select(row => string.Join(',', row.Select(cell => $"\"{cell.Replace("\"", "\"\"")}\""))));
            var reader = new CsvReader(csv);
            foreach (var row in rows)
            {
                Assert.True(reader.Read());
                Assert.Equal(row, reader.Cells.Select(c => c.Text));
            }

            Assert.False(reader.Read());
            Assert.Null(reader.Fault);
        }
    }

    [Fact]
    public void Read_OfMoreColumnsThanAllowed_Stops()
    {
        var reader = new CsvReader(new string(',', CsvReader.MaxColumns));
        Assert.False(reader.Read());
        Assert.Equal("more than 1000 columns", reader.Fault);
    }
}
