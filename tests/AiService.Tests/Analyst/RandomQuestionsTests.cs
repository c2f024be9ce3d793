namespace AiMesh.AiService.Tests.Analyst;

/// <summary>Whatever is asked, the analyst answers something, and the same each time.</summary>
public sealed class RandomQuestionsTests
{
    private static readonly string[] Words =
    [
        "how many", "movies", "films", "genre", "Drama", "Comedy", "not", "or", "and", "over", "under", "between", "8", "2005", "since", "in", "top", "5", "by",
        "per", "average", "total", "highest", "longest", "imdb rating", "votes", "director", "Li Wei", "\"Up\"", "300", "which", "who", "when", "what", "list",
        "the", "of", "with", "without", "no", "most", "common", "percentage", "each", "year", "decade", "last", "days", "than", "more", "-", ">=", "'", "\"", "(",
        "[r1]", "```", "ß", "千の夢", "\u0000", "😀", "more than", "at least", "movies with", "is", "are there", "different", "budget", "sorted by", "March 1999", "1990s",
    ];

    private static readonly string Block = Movie.Block(Movie.All.Take(40));

    [Fact]
    public void Answer_ToRandomWords_NeverFailsAndIsTheSameTwice()
    {
        var random = new Random(20_261_121);
        for (var i = 0; i < 1500; i++)
        {
            var question = string.Join(' ', Enumerable.Range(0, random.Next(1, 12)).Select(_ => Words[random.Next(Words.Length)]));

            var first = Asked.Of(Block, question);
            var second = Asked.Of(Block, question);

            Assert.False(string.IsNullOrWhiteSpace(first.Raw), question);
            Assert.Equal(first.Raw, second.Raw);
        }
    }
}
