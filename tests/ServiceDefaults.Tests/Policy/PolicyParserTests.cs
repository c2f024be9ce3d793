using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.ServiceDefaults.Tests.Policy;

public sealed class PolicyParserTests
{
    private static readonly KeyValuePair<string, PolicyType>[] Fields =
    [
        new("title", PolicyType.Text), new("size", PolicyType.WholeNumber), new("rating", PolicyType.Number),
        new("done", PolicyType.Boolean), new("made", PolicyType.Timestamp), new("day", PolicyType.Date), new("tags", PolicyType.TextList),
    ];

    [Theory]
    [InlineData("", "true")]
    [InlineData("  \n", "true")]
    [InlineData("size = 1", "((fields ->> 'size')::bigint) = (1)::bigint")]
    [InlineData("size=1", "((fields ->> 'size')::bigint) = (1)::bigint")]
    [InlineData("size = -1", "((fields ->> 'size')::bigint) = (-1)::bigint")]
    [InlineData("rating >= 2.5", "((fields ->> 'rating')::double precision) >= '2.5'::double precision")]
    [InlineData("done = true", "((fields ->> 'done')::boolean) = true")]
    [InlineData("day < 2026-11-21", "((fields ->> 'day') COLLATE \"C\") < '2026-11-21'")]
    [InlineData("made > 2026-11-21T10:00:00.5+01:00", "((fields ->> 'made') COLLATE \"C\") > '2026-11-21T09:00:00.500000Z'")]
    [InlineData("title = war", "((fields ->> 'title') COLLATE \"C\") = 'war'")]
    [InlineData("title = \"it's\"", "((fields ->> 'title') COLLATE \"C\") = 'it''s'")]
    [InlineData("title = 'a \\'b\\''", "((fields ->> 'title') COLLATE \"C\") = 'a ''b'''")]
    [InlineData("title = \"a\\\\b\"", "((fields ->> 'title') COLLATE \"C\") = E'a\\\\b'")]
    [InlineData("title = \"war*\"", "(((fields ->> 'title') COLLATE \"C\") LIKE 'war%')")]
    [InlineData("title = *100%_", "(((fields ->> 'title') COLLATE \"C\") LIKE E'%100\\\\%\\\\_')")]
    [InlineData("title = \"\\*war\"", "((fields ->> 'title') COLLATE \"C\") = '*war'")]
    [InlineData("title = a*b", "((fields ->> 'title') COLLATE \"C\") = 'a*b'")]
    [InlineData("title:war", "(((fields ->> 'title') COLLATE \"C\") LIKE '%war%')")]
    [InlineData("title:*", "((fields ->> 'title') COLLATE \"C\") IS NOT NULL")]
    [InlineData("NOT title:*", "((fields ->> 'title') COLLATE \"C\") IS NULL")]
    [InlineData("tags:x", "((fields -> 'tags') ? 'x')")]
    [InlineData("-tags:x", "NOT ((fields -> 'tags') ? 'x')")]
    public void Parse_OfOneComparison_CompilesToItsSql(string filter, string sql) => Assert.Equal(sql, Sql(filter));

    [Theory]
    [InlineData("size=1 AND size=2", "size=1 size=2")]
    [InlineData("size=1 AND size=2 OR size=3", "size=1 AND (size=2 OR size=3)")]
    [InlineData("size=1 size=2 OR size=3 size=4", "size=1 AND (size=2 OR size=3) AND size=4")]
    [InlineData("NOT size=1", "size!=1")]
    [InlineData("NOT (size<1 OR NOT size>5)", "size>=1 AND size>5")]
    [InlineData("-(size=1 AND rating<2)", "size!=1 OR rating>=2")]
    [InlineData("NOT(size=1)OR size=2", "size != 1 OR size = 2")]
    [InlineData("NOT NOT size=1", "size=1")]
    [InlineData("title != x*", "NOT title = x*")]
    [InlineData("((((size=1))))", "size=1")]
    [InlineData("title = 'AND'", "title = AND")]
    public void Parse_OfTwoSpellings_MeansTheSame(string filter, string same) => Assert.Equal(Sql(same), Sql(filter));

    [Theory]
    [InlineData("size", 5, "expected one of = != < <= > >= : after 'size' (AND, OR and NOT are written in capitals)")]
    [InlineData("size == 1", 7, "expected a value after =")]
    [InlineData("size = ", 8, "expected a value after =")]
    [InlineData("(size = 1", 10, "expected ')'")]
    [InlineData("size = 1)", 9, "')' without '('")]
    [InlineData("size = 1 AND", 13, "expected a field name")]
    [InlineData("OR size = 1", 1, "expected a comparison before this word")]
    [InlineData("size = 1 and rating = 2", 14, "expected one of = != < <= > >= : after 'and' (AND, OR and NOT are written in capitals)")]
    [InlineData("title = \"war", 13, "the quote is not closed")]
    [InlineData("title = \"war\"x", 14, "expected a space after the value")]
    [InlineData("= 1", 1, "expected a field name")]
    [InlineData("'title' = 1", 1, "expected a field name")]
    [InlineData("size = x", 8, "field 'size' is a 64-bit integer, 'x' is not")]
    [InlineData("size = 9223372036854775808", 8, "field 'size' is a 64-bit integer, '9223372036854775808' is not")]
    [InlineData("rating = Infinity", 10, "field 'rating' is a finite number, 'Infinity' is not")]
    [InlineData("rating = 1e999", 10, "field 'rating' is a finite number, '1e999' is not")]
    [InlineData("done > true", 1, "field 'done' is a boolean: use = or !=")]
    [InlineData("done = yes", 8, "field 'done' is a boolean (true or false), 'yes' is not")]
    [InlineData("made = 2026-11-21", 8, "field 'made' is a time with offset (2026-11-21T10:00:00Z), '2026-11-21' is not")]
    [InlineData("day = 2026-02-30", 7, "field 'day' is a date (2026-11-21), '2026-02-30' is not")]
    [InlineData("tags = x", 1, "field 'tags' is a list of strings: use ':'")]
    [InlineData("title < war*", 9, "'*' cannot be ordered: use =, != or ':'")]
    [InlineData("size = 1*", 8, "'*' stands for any text, but 'size' is no text")]
    [InlineData("salary > 1", 1, "unknown field 'salary'")]
    [InlineData("user.id = 1", 1, "unknown field 'user.id'")]
    [InlineData("row.owner = 1", 1, "unknown field 'row.owner'")]
    [InlineData("title = 'a\0b'", 11, "expected Unicode text without U+0000 and lone surrogates")]
    public void Parse_OfAWrongFilter_SaysWhatAndWhere(string filter, int position, string message)
    {
        var error = Assert.Single(PolicyParser.Parse(filter, PolicySchema.ForFilter(Fields)).Errors);
        Assert.Equal((position, message), (error.Position, error.Message));
    }

    [Fact]
    public void Parse_OfSeveralWrongNamesAndTypes_ReportsAll()
    {
        var result = PolicyParser.Parse("a = 1 AND (size = x OR b:1) AND done < 1 AND (", PolicySchema.ForFilter(Fields));
        Assert.Null(result.Expression);
        Assert.Equal([1, 19, 24, 33, 47], result.Errors.Select(e => e.Position));
    }

    [Theory]
    [InlineData("row.owner = user.id", "(owner COLLATE \"C\") = (SELECT nullif(current_setting('aimesh.user', true), ''))")]
    [InlineData("title = user.organisation", "((fields ->> 'title') COLLATE \"C\") = (SELECT nullif(current_setting('aimesh.organisation', true), ''))")]
    [InlineData("tags:user.attributes.it's", null)]
    [InlineData(
        "tags:user.attributes.region",
        "((fields -> 'tags') ? (SELECT nullif(current_setting('aimesh.attributes', true), '')::jsonb ->> 'region'))")]
    [InlineData("title = 'user.id'", "((fields ->> 'title') COLLATE \"C\") = 'user.id'")]
    [InlineData("user.attributes.level:*", "(SELECT nullif(current_setting('aimesh.attributes', true), '')::jsonb ->> 'level') IS NOT NULL")]
    [InlineData("title = user.name", null)]
    [InlineData("user.name = 1", null)]
    [InlineData("user.id = title", null)]
    [InlineData("size = user.id", null)]
    [InlineData("title:user.id", null)]
    public void Parse_OfARule_KnowsAttributes(string rule, string? sql)
    {
        var result = PolicyParser.Parse(rule, PolicySchema.ForRule(Fields));
        Assert.Equal(sql, result.Expression is null ? null : PolicySql.ForRowSecurity(result.Expression));
    }

    [Fact]
    public void Parse_BeyondItsBounds_IsRefused()
    {
        Assert.Equal("longer than 4000 characters", Error("title = " + new string('x', 4000)));
        Assert.Equal("more than 100 comparisons", Error(string.Join(" OR ", Enumerable.Repeat("size=1", 101))));
        Assert.Equal("more than 32 levels of parentheses and NOT", Error(new string('(', 1000)));
        Assert.Equal("more than 32 levels of parentheses and NOT", Error(new string('-', 1000)));
        Assert.NotNull(PolicyParser.Parse(string.Join(" OR ", Enumerable.Repeat("size=1", 100)), PolicySchema.ForFilter(Fields)).Expression);
    }

    [Fact]
    public void Parse_OfAnyText_AnswersOrSaysWhere()
    {
        const string Alphabet = "AND OR NOT size title:=<>!*()\"'\\-.,1 x\t😀user.id";
        var random = new Random(7);
        var schema = PolicySchema.ForRule(Fields);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            var result = PolicyParser.Parse(text, schema);
            Assert.Equal(result.Expression is null, result.Errors.Length > 0);
            Assert.All(result.Errors, e => Assert.InRange(e.Position, 1, text.Length + 1));
        }
    }

    [Fact]
    public void Parse_ForAQuery_PutsEveryValueIntoAParameter()
    {
        var rule = PolicyParser.Parse("title = \"'; DROP TABLE items; --\" AND row.owner = user.id", PolicySchema.ForRule(Fields)).Expression!;
        var parameters = new SqlParameters();
        var sql = PolicySql.ForQuery(rule, new PolicyCaller("u1", "o1", new Dictionary<string, string>()), parameters);
        Assert.Equal("(((fields ->> 'title') COLLATE \"C\") = $1 AND (owner COLLATE \"C\") = $2)", sql);
        Assert.Equal(["'; DROP TABLE items; --", "u1"], parameters.Values.Select(p => p.Value));
    }

    private static string Error(string filter) => PolicyParser.Parse(filter, PolicySchema.ForFilter(Fields)).Errors[0].Message;

    private static string Sql(string filter)
    {
        var result = PolicyParser.Parse(filter, PolicySchema.ForFilter(Fields));
        Assert.Empty(result.Errors);
        return PolicySql.ForRowSecurity(result.Expression!);
    }
}
