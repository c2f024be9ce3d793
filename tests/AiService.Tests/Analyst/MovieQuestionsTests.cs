namespace AiMesh.AiService.Tests.Analyst;

/// <summary>Questions over films; every expected value is computed here from the same films.</summary>
public sealed class MovieQuestionsTests
{
    private static readonly IReadOnlyList<Movie> All = Movie.All;
    private static readonly string Block = Movie.Block(All);

    /// <summary>Questions whose answer is one number.</summary>
    public static TheoryData<string, double> Numbers { get; } = new()
    {
        { "How many movies are there?", All.Count },
        { "how many films are in the data", All.Count },
        { "count the movies", All.Count },
        { "What is the total number of movies?", All.Count },
        { "How many dramas are there?", Count(m => m.Genre == "Drama") },
        { "how many drama films do we have", Count(m => m.Genre == "Drama") },
        { "number of movies with genre Drama", Count(m => m.Genre == "Drama") },
        { "How many comedies?", Count(m => m.Genre == "Comedy") },
        { "How many black comedies are there?", Count(m => m.Genre == "Black Comedy") },
        { "Could you please tell me how many science fiction movies exist?", Count(m => m.Genre == "Science Fiction") },
        { "how many dramas or westerns are there", Count(m => m.Genre is "Drama" or "Western") },
        { "How many movies are not dramas?", Count(m => m.Genre is not null and not "Drama") },
        { "How many R-rated movies are there?", Count(m => m.Mpaa == "R") },
        { "How many PG-13 films?", Count(m => m.Mpaa == "PG-13") },
        { "how many PG films", Count(m => m.Mpaa == "PG") },
        { "How many movies did Li Wei direct?", Count(m => m.Director == "Li Wei") },
        { "how many films were directed by Jurgen Bauer", Count(m => m.Director == "Jürgen Bauer") },
        { "how many films by Bauer", Count(m => m.Director == "Jürgen Bauer") },
        { "How many movies did Li Wei or Tom Baker direct?", Count(m => m.Director is "Li Wei" or "Tom Baker") },
        { "How many movies were released in 1999?", Count(m => m.Year == 1999) },
        { "how many movies from 2003", Count(m => m.Year == 2003) },
        { "how many movies came out since 2005", Count(m => m.Year >= 2005) },
        { "How many movies were released after 2005?", Count(m => m.Year > 2005) },
        { "How many movies were released before 1990?", Count(m => m.Year < 1990) },
        { "how many movies between 1990 and 1995", Count(m => m.Year is >= 1990 and <= 1995) },
        { "how many movies were released from 1990 to 1995", Count(m => m.Year is >= 1990 and <= 1995) },
        { "How many horror movies came out in the 1990s?", Count(m => m.Genre == "Horror" && m.Year is >= 1990 and <= 1999) },
        { "how many movies were released in March 1999", Count(m => m.Released is { Year: 1999, Month: 3 }) },
        { "How many movies have an IMDB rating over 8?", Count(m => m.Rating > 8) },
        { "how many films are rated above 8", Count(m => m.Rating > 8) },
        { "how many movies with imdb rating >= 8", Count(m => m.Rating >= 8) },
        { "how many movies have a rating of at least 7.5", Count(m => m.Rating >= 7.5) },
        { "how many movies are rated 8 or more", Count(m => m.Rating >= 8) },
        { "how many movies have an imdb rating between 6 and 7", Count(m => m.Rating is >= 6 and <= 7) },
        { "how many movies with more than 50,000 votes", Count(m => m.Votes > 50_000) },
        { "How many movies cost more than $100 million?", Count(m => m.Budget > 100_000_000) },
        { "how many movies have a budget under 10 million", Count(m => m.Budget < 10_000_000) },
        { "How many movies are longer than 2 hours?", Count(m => m.Minutes > 120) },
        { "how many films are shorter than 90 minutes", Count(m => m.Minutes < 90) },
        { "how many movies have no director", Count(m => m.Director is null) },
        { "how many movies are missing an imdb rating", Count(m => m.Rating is null) },
        { "How many movies without a budget?", Count(m => m.Budget is null) },
        { "how many movies have a director", Count(m => m.Director is not null) },
        { "How many comedies by Universal since 2000 have a rating over 5?", Count(m => m.Genre == "Comedy" && m.Distributor == "Universal" && m.Year >= 2000 && m.Rating > 5) },
        { "how many different directors are there", All.Select(m => m.Director).OfType<string>().Distinct().Count() },
        { "How many genres are there?", All.Select(m => m.Genre).OfType<string>().Distinct().Count() },
        { "how many distributors have more than 55 movies", All.Where(m => m.Distributor is not null).GroupBy(m => m.Distributor).Count(g => g.Count() > 55) },
        { "What is the total worldwide gross?", All.Sum(m => m.Gross) },
        { "total gross of all dramas", All.Where(m => m.Genre == "Drama").Sum(m => m.Gross) },
        { "sum of production budget for films by Ana Souza", All.Where(m => m.Director == "Ana Souza").Sum(m => m.Budget ?? 0) },
        { "How much money did horror movies gross in total?", All.Where(m => m.Genre == "Horror").Sum(m => m.Gross) },
        { "What is the highest imdb rating?", All.Max(m => m.Rating)!.Value },
        { "lowest imdb rating", All.Min(m => m.Rating)!.Value },
        { "What is the maximum budget of a western?", All.Where(m => m.Genre == "Western").Max(m => m.Budget)!.Value },
        { "What is the imdb rating of The Silent Harbor?", 8.9 },
        { "how many imdb votes does Titan's Fall have", 77_000 },
        { "How much did Amelie's Garden gross?", 33_000_000 },
        { "What did The Silent Harbor cost?", 12_000_000 },
        { "How long is Titan's Fall?", 188 },
        { "what is the budget of \"Up\"", 90_000_000 },
        { "How much did Up gross?", 731_000_000 },
    };

    /// <summary>Questions whose answer is a number rounded to two places.</summary>
    public static TheoryData<string, double> Averages { get; } = new()
    {
        { "What is the average imdb rating?", Average(All.Select(m => m.Rating)) },
        { "average imdb rating of comedies", Average(All.Where(m => m.Genre == "Comedy").Select(m => m.Rating)) },
        { "What's the mean budget of action films?", Average(All.Where(m => m.Genre == "Action").Select(m => (double?)m.Budget)) },
        { "average length of films by Tom Baker", Average(All.Where(m => m.Director == "Tom Baker").Select(m => (double?)m.Minutes)) },
        { "average imdb rating since 2005", Average(All.Where(m => m.Year >= 2005).Select(m => m.Rating)) },
        { "on average, how many votes do dramas get", Average(All.Where(m => m.Genre == "Drama").Select(m => (double?)m.Votes)) },
        { "median imdb rating of horror movies", Median(All.Where(m => m.Genre == "Horror").Select(m => m.Rating)) },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Answer_ToAQuestionForANumber_HasTheNumber(string question, double expected)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered && asked.Has(expected), $"expected {expected}: {asked}");
    }

    [Theory]
    [MemberData(nameof(Averages))]
    public void Answer_ToAQuestionForAnAverage_HasItRounded(string question, double expected)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered && asked.Has(expected, 2), $"expected {expected}: {asked}");
    }

    private static int Count(Func<Movie, bool> predicate) => All.Count(predicate);

    private static double Average(IEnumerable<double?> values) => (double)values.OfType<double>().Average(v => (decimal)v);

    private static double Median(IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
