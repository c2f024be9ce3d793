using System.Collections.Frozen;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>An adjective that hints at a field: "longest" is the greatest of something that measures length.</summary>
/// <param name="Descending">Whether the superlative asks for the greatest value.</param>
/// <param name="OfTime">It is about a date.</param>
/// <param name="FieldWords">Words by which a fitting numeric field is known.</param>
/// <param name="Degree">Positive, comparative or superlative.</param>
internal sealed record Hint(bool Descending, bool OfTime, string[] FieldWords, HintDegree Degree)
{
    private static readonly string[] Length = ["length", "duration", "runtime", "running", "minute", "minutes", "min"];
    private static readonly string[] Cost = ["budget", "cost", "price", "expense", "spend"];
    private static readonly string[] Quality = ["rating", "score", "quality", "grade", "stars"];
    private static readonly string[] Size = ["size", "amount", "volume", "area", "capacity", "assets"];
    private static readonly string[] Temperature = ["temperature", "temp"];
    private static readonly string[] Weight = ["weight", "mass"];
    private static readonly string[] Speed = ["speed", "velocity", "rpm"];
    private static readonly string[] Popularity = ["popularity", "popular", "votes", "views"];
    private static readonly string[] Age = ["age"];
    private static readonly string[] Height = ["height", "elevation"];

    private static readonly FrozenDictionary<string, Hint> Words = Build();

    public static bool TryGet(string folded, out Hint hint) => Words.TryGetValue(folded, out hint!);

    /// <summary>Columns that the adjective can be about.</summary>
    public IEnumerable<Column> Columns(Table table) =>
        OfTime && table.Columns.Any(c => c.Kind is ColumnKind.Time)
            ? table.Columns.Where(c => c.Kind is ColumnKind.Time)
            : table.Columns.Where(c => c.Kind is ColumnKind.Number && c.Words.Any(w => FieldWords.Contains(w.Folded)));

    private static FrozenDictionary<string, Hint> Build()
    {
        var words = new Dictionary<string, Hint>(StringComparer.Ordinal);
        void Add(string three, bool descending, string[] fields, bool ofTime = false)
        {
            var degrees = three.Split('/');
            for (var i = 0; i < degrees.Length; i++)
            {
                foreach (var word in degrees[i].Split(',', StringSplitOptions.RemoveEmptyEntries))
                    words.TryAdd(word, new Hint(descending, ofTime, fields, (HintDegree)i));
            }
        }

        Add("long,lengthy/longer/longest,lengthiest", true, Length);
        Add("short,brief/shorter/shortest,briefest", false, Length);
        Add("expensive,costly/costlier/costliest,priciest,most expensive,most costly", true, Cost);
        Add("cheap,inexpensive/cheaper/cheapest,least expensive", false, Cost);
        Add("good,great/better/best,top rated,best rated,highest rated", true, Quality);
        Add("bad,poor/worse/worst,worst rated,lowest rated,poorest", false, Quality);
        Add("big,large,huge/bigger,larger/biggest,largest", true, Size);
        Add("small,little,tiny/smaller/smallest,tiniest", false, Size);
        Add("hot,warm/hotter,warmer/hottest,warmest", true, Temperature);
        Add("cold,cool/colder,cooler/coldest,coolest", false, Temperature);
        Add("heavy/heavier/heaviest", true, Weight);
        Add("light/lighter/lightest", false, Weight);
        Add("fast/faster/fastest", true, Speed);
        Add("slow/slower/slowest", false, Speed);
        Add("popular/more popular/most popular", true, Popularity);
        Add("tall/taller/tallest", true, Height);
        Add("new,recent/newer,later,more recent/newest,latest,most recent,last,most recently", true, [], ofTime: true);
        Add("early/earlier/earliest,first,least recent", false, [], ofTime: true);
        Add("old/older/oldest", false, Age, ofTime: true);
        Add("young/younger/youngest", true, Age, ofTime: true);
        return words.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

internal enum HintDegree
{
    Positive,
    Comparative,
    Superlative,
}
