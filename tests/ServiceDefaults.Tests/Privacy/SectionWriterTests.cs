using System.Text;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.ServiceDefaults.Tests.Privacy;

public sealed class SectionWriterTests
{
    private readonly List<(string Section, byte[] Piece)> _sent = [];

    [Theory]
    [InlineData(10)]
    [InlineData(SectionWriter.PieceLength - 1)]
    [InlineData(SectionWriter.PieceLength)]
    [InlineData(3 * SectionWriter.PieceLength)]
    public async Task Lines_OfAnyLength_ComeOutInPiecesAndWhole(int length)
    {
        var writer = Create();
        var lines = Enumerable.Range(0, 3).Select(i => new string((char)('a' + i), length)).ToArray();

        await writer.BeginAsync("one", CancellationToken.None);
        foreach (var line in lines) await writer.WriteLineAsync(line, CancellationToken.None);
        await writer.FlushAsync(CancellationToken.None);

        Assert.All(_sent, static sent => Assert.InRange(sent.Piece.Length, 0, SectionWriter.PieceLength));
        Assert.Equal(string.Concat(lines.Select(static line => line + "\n")), Text("one"));
    }

    [Fact]
    public async Task Sections_KeepTheirLinesApart_AlsoWhenEmpty()
    {
        var writer = Create();
        await writer.BeginAsync("one", CancellationToken.None);
        await writer.WriteLineAsync("1", CancellationToken.None);
        await writer.BeginAsync("empty", CancellationToken.None);
        await writer.BeginAsync("two", CancellationToken.None);
        await writer.WriteLineAsync("2", CancellationToken.None);
        await writer.ForwardAsync("three", "3"u8.ToArray(), CancellationToken.None);

        Assert.Equal(["one", "empty", "two", "three"], _sent.Select(static sent => sent.Section).Distinct());
        Assert.Equal(("1\n", "", "2\n", "3"), (Text("one"), Text("empty"), Text("two"), Text("three")));
    }

    private SectionWriter Create() => new((section, piece, _) =>
    {
        _sent.Add((section, piece.ToArray()));
        return Task.CompletedTask;
    });

    private string Text(string section) => Encoding.UTF8.GetString([.. _sent.Where(sent => sent.Section == section).SelectMany(static sent => sent.Piece)]);
}
