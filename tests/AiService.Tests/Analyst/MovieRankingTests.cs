namespace AiMesh.AiService.Tests.Analyst;

/// <summary>Extremes, top lists, groups, look-ups and lists over films.</summary>
public sealed class MovieRankingTests
{
    private static readonly IReadOnlyList<Movie> All = Movie.All;
    private static readonly string Block = Movie.Block(All);

    /// <summary>Questions whose answer names rows: these, in this order, and each cited.</summary>
    public static TheoryData<string, string[]> Rankings { get; } = new()
    {
        { "Which film grossed the most?", Top(1, m => m.Gross) },
        { "which film made the most money", Top(1, m => m.Gross) },
        { "What is the highest grossing movie?", Top(1, m => m.Gross) },
        { "Which drama grossed most", Top(1, m => m.Gross, m => m.Genre == "Drama") },
        { "What are the top 5 movies by worldwide gross?", Top(5, m => m.Gross) },
        { "the 3 highest grossing films", Top(3, m => m.Gross) },
        { "show me the ten highest grossing westerns", Top(10, m => m.Gross, m => m.Genre == "Western") },
        { "Name the five most expensive movies", Top(5, m => m.Budget) },
        { "the 4 films with the most votes", Top(4, m => m.Votes) },
        { "Which movie has the most imdb votes?", Top(1, m => m.Votes) },
        { "best movie", Top(1, m => m.Rating) },
        { "longest movie by Universal", Top(1, m => m.Minutes, m => m.Distributor == "Universal") },
        { "What was the latest movie?", Top(1, m => m.Released?.DayNumber) },
        { "oldest film by Li Wei", Bottom(1, m => m.Released?.DayNumber, m => m.Director == "Li Wei") },
        { "bottom 3 movies by imdb votes", Bottom(3, m => m.Votes) },
        { "Which film by Ana Souza has the fewest votes?", Bottom(1, m => m.Votes, m => m.Director == "Ana Souza") },
        { "worst film by Maria O'Neill", Bottom(1, m => m.Rating, m => m.Director == "Maria O'Neill") },
        { "shortest comedy", Bottom(1, m => m.Minutes, m => m.Genre == "Comedy") },
    };

    [Theory]
    [MemberData(nameof(Rankings))]
    public void Answer_ToARanking_NamesAndCitesTheRowsInOrder(string question, string[] rows)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered, asked.ToString());
        var last = -1;
        foreach (var row in rows)
        {
            var title = All.Single(m => m.Row == row).Title;
            var position = asked.Raw.IndexOf($"[{row}:", last + 1, StringComparison.Ordinal);
            Assert.True(position > last && asked.Has(title), $"expected {title} [{row}]: {asked}");
            last = position;
        }
    }

    [Theory]
    [InlineData("how many movies per genre")]
    [InlineData("How many movies are there for each genre?")]
    [InlineData("number of films by genre")]
    [InlineData("breakdown by genre")]
    public void Answer_ToCountsByGroup_HasEachGroupsCount(string question)
    {
        var asked = Asked.Of(Block, question);

        foreach (var group in All.Where(m => m.Genre is not null).GroupBy(m => m.Genre!))
            Assert.True(asked.Has($"- {group.Key}: {group.Count()}"), $"{group.Key} {group.Count()}: {asked}");
    }

    [Theory]
    [InlineData("average imdb rating by genre")]
    [InlineData("What is the average rating per genre?")]
    [InlineData("mean imdb rating for each genre")]
    public void Answer_ToAveragesByGroup_HasEachGroupsAverage(string question)
    {
        var asked = Asked.Of(Block, question);

        foreach (var group in All.Where(m => m.Genre is not null && m.Rating is not null).GroupBy(m => m.Genre!))
        {
            var average = Math.Round(group.Average(m => (decimal)m.Rating!.Value), 2);
            Assert.True(asked.Has(FormattableString.Invariant($"- {group.Key}: {average:#,0.##}")), $"{group.Key} {average}: {asked}");
        }
    }

    [Fact]
    public void Answer_ToCountsByYear_RunsForward()
    {
        var asked = Asked.Of(Block, "how many movies per year?");

        var expected = All.Where(m => m.Year is not null).GroupBy(m => m.Year).OrderBy(g => g.Key).Select(g => $"- {g.Key}: {g.Count()}");
        Assert.Contains(string.Join('\n', expected), asked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_ToTotalsByDecade_AddsUpEachDecade()
    {
        var asked = Asked.Of(Block, "total worldwide gross per decade");

        foreach (var decade in All.Where(m => m.Year is not null).GroupBy(m => m.Year / 10 * 10))
            Assert.True(asked.Has(FormattableString.Invariant($"- {decade.Key}s: {decade.Sum(m => m.Gross):#,0}")), asked.ToString());
    }

    [Theory]
    [InlineData("Which genre has the most movies?")]
    [InlineData("what is the most common genre")]
    [InlineData("top genre by number of movies")]
    public void Answer_ToTheLargestGroup_NamesItWithItsCount(string question)
    {
        var asked = Asked.Of(Block, question);

        var groups = All.Where(m => m.Genre is not null).GroupBy(m => m.Genre!).ToList();
        var most = groups.Max(g => g.Count());
        Assert.True(asked.Has(most), asked.ToString());
        Assert.All(groups, g => Assert.Equal(g.Count() == most, asked.Has(g.Key) && !groups.Exists(o => o.Count() == most && o.Key != g.Key && o.Key.Contains(g.Key, StringComparison.Ordinal))));
    }

    [Fact]
    public void Answer_ToTheGroupWithTheBestAverage_NamesIt()
    {
        var asked = Asked.Of(Block, "Which director has the highest average imdb rating?");

        var best = All.Where(m => m.Director is not null && m.Rating is not null).GroupBy(m => m.Director!).MaxBy(g => g.Average(m => m.Rating))!;
        Assert.True(asked.Has(best.Key) && asked.Has((double)best.Average(m => (decimal)m.Rating!), 2), asked.ToString());
    }

    [Fact]
    public void Answer_ToWhichGroupGrossedMost_AddsUpTheGroup()
    {
        var asked = Asked.Of(Block, "Which distributor grossed the most?");

        var best = All.Where(m => m.Distributor is not null).GroupBy(m => m.Distributor!).MaxBy(g => g.Sum(m => m.Gross))!;
        Assert.True(asked.Has(best.Key) && asked.Has(best.Sum(m => m.Gross)), asked.ToString());
    }

    [Fact]
    public void Answer_ToGroupsOverABound_ListsExactlyThose()
    {
        var asked = Asked.Of(Block, "Which directors made more than 25 films?");

        Assert.All(
            All.Where(m => m.Director is not null).GroupBy(m => m.Director!),
            g => Assert.True(asked.Has($"- {g.Key}: {g.Count()}") == g.Count() > 25, asked.ToString()));
    }

    [Theory]
    [InlineData("What genres are there?")]
    [InlineData("list the different genres")]
    [InlineData("which genres exist")]
    [InlineData("show all genres")]
    public void Answer_ToDistinctValues_HasThemAll(string question)
    {
        var asked = Asked.Of(Block, question);

        Assert.All(All.Select(m => m.Genre).OfType<string>().Distinct(), g => Assert.True(asked.Has(g), asked.ToString()));
    }

    [Theory]
    [InlineData("Who directed The Silent Harbor?", "Ana Souza", "r1")]
    [InlineData("who is the director of the silent harbor", "Ana Souza", "r1")]
    [InlineData("The Silent Harbor's director?", "Ana Souza", "r1")]
    [InlineData("Who directed 千の夢?", "Li Wei", "r5")]
    [InlineData("who directed amelie's garden", "Maria O'Neill", "r4")]
    [InlineData("Who directed Up?", "Tom Baker", "r2")]
    [InlineData("Who directed 300?", "Li Wei", "r3")]
    [InlineData("When was Titan's Fall released?", "2012-06-01", "r8")]
    [InlineData("What year did Titan's Fall come out?", "2012-06-01", "r8")]
    [InlineData("Which studio distributed Titan's Fall?", "Blue Harbor Pictures", "r8")]
    [InlineData("what genre is Titan's Fall", "Science Fiction", "r8")]
    [InlineData("Tell me about Titan's Fall", "Søren Holm", "r8")]
    [InlineData("who directed the movie with the highest worldwide gross", "Søren Holm", "r8")]
    public void Answer_ToALookUp_GivesTheValueAndCitesTheRow(string question, string expected, string row)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered && asked.Has(expected), asked.ToString());
        Assert.Equal([row], asked.Rows);
    }

    [Fact]
    public void Answer_ToALookUpOfAnEmptyField_SaysSo()
    {
        var asked = Asked.Of(Block, "Who directed Lost Ledger?");

        Assert.False(asked.IsAnswered);
        Assert.True(asked.Has("no director for Lost Ledger"), asked.ToString());
        Assert.Contains("r7", asked.Rows);
    }

    [Fact]
    public void Answer_ToAFilteredList_ListsExactlyTheRows()
    {
        var asked = Asked.Of(Block, "List horror movies released after 2010 with an imdb rating over 7");

        var expected = All.Where(m => m.Genre == "Horror" && m.Year > 2010 && m.Rating > 7).ToList();
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(m => m.Row).Order(), asked.Rows.Order());
        Assert.All(expected, m => Assert.True(asked.Has(m.Title), asked.ToString()));
    }

    [Theory]
    [InlineData("Did Ana Souza direct The Silent Harbor?", "Yes")]
    [InlineData("Did Tom Baker direct The Silent Harbor?", "No")]
    [InlineData("Is The Silent Harbor a comedy?", "No")]
    [InlineData("Are there any movies longer than 3 hours?", "Yes")]
    [InlineData("is there a movie with a rating over 9.5", "No")]
    public void Answer_ToAYesNoQuestion_BeginsWithIt(string question, string expected)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered);
        Assert.StartsWith(expected, asked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_ToAShare_HasPercentAndCounts()
    {
        var asked = Asked.Of(Block, "What percentage of comedies are rated R?");

        var comedies = All.Where(m => m.Genre == "Comedy").ToList();
        var rated = comedies.Count(m => m.Mpaa == "R");
        Assert.True(asked.Has(Math.Round(100.0 * rated / comedies.Count, 1)) && asked.Has($"{rated} of {comedies.Count}"), asked.ToString());
    }

    [Fact]
    public void Answer_WhichIsLonger_ComparesTheTwo()
    {
        var asked = Asked.Of(Block, "Which is longer, Titan's Fall or The Silent Harbor?");

        Assert.True(asked.IsAnswered && asked.Has("Titan's Fall") && asked.Has(188), asked.ToString());
        Assert.Equal(["r8"], asked.Rows);
    }

    [Fact]
    public void Answer_ToASummary_DescribesTheFields()
    {
        var asked = Asked.Of(Block, "Summarise the movies");

        Assert.True(asked.IsAnswered && asked.Has(All.Count) && asked.Has(All.Max(m => m.Gross)) && asked.Has(All.Min(m => m.Rating)!.Value), asked.ToString());
    }

    private static string[] Top<T>(int count, Func<Movie, T?> by, Func<Movie, bool>? where = null) =>
        [.. All.Where(where ?? (_ => true)).Where(m => by(m) is not null).OrderByDescending(by).Take(count).Select(m => m.Row)];

    private static string[] Bottom<T>(int count, Func<Movie, T?> by, Func<Movie, bool>? where = null) =>
        [.. All.Where(where ?? (_ => true)).Where(m => by(m) is not null).OrderBy(by).Take(count).Select(m => m.Row)];
}
