namespace AiMesh.AiService.Tests.Analyst;

/// <summary>Questions over a small survey with lists, sparse values and several kinds of names.</summary>
public sealed class SurveyQuestionsTests
{
    private static readonly IReadOnlyList<Survey> All = Survey.All;
    private static readonly string Block = Survey.Block(All);

    public static TheoryData<string, double> Numbers { get; } = new()
    {
        { "How many surveys are there?", All.Count },
        { "How many surveys are completed?", All.Count(s => s.Status == "completed") },
        { "how many surveys are still drafts", All.Count(s => s.Status == "draft") },
        { "How many submissions are in review?", All.Count(s => s.Status == "in review") },
        { "How many funds focus on fintech?", All.Count(s => s.Sector == "Fintech") },
        { "how many funds invest in Kenya", All.Count(s => s.Markets.Contains("Kenya")) },
        { "How many funds invest in Kenya or Ghana?", All.Count(s => s.Markets.Contains("Kenya") || s.Markets.Contains("Ghana")) },
        { "how many funds cover both Ghana and Nigeria", All.Count(s => s.Markets.Contains("Ghana") && s.Markets.Contains("Nigeria")) },
        { "How many organisations are there?", All.Select(s => s.Organisation).Distinct().Count() },
        { "how many different markets", All.SelectMany(s => s.Markets).Distinct().Count() },
        { "What is the average target fund size?", All.Where(s => s.Size is not null).Average(s => s.Size!.Value) },
        { "total target fund size of completed surveys", All.Where(s => s.Status == "completed").Sum(s => s.Size ?? 0) },
        { "How many investments were made in total?", All.Sum(s => s.Investments) },
        { "How many investments has Baobab Growth made?", 31 },
        { "What is the target fund size of Acacia Fund II?", 120 },
        { "how many funds are larger than 100", All.Count(s => s.Size > 100) },
        { "How many funds have no contact email?", All.Count(s => s.Email is null) },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Answer_ToAQuestionForANumber_HasTheNumber(string question, double expected)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered && asked.Has(expected, 2), $"expected {expected}: {asked}");
    }

    [Theory]
    [InlineData("What is the contact email of Acacia Fund II?", "hello@acacia.example", "r2")]
    [InlineData("what's the email of Baobab Growth", "team@baobab.example", "r3")]
    [InlineData("How can I reach Iroko SME? What is the contact email?", "sme@iroko.example", "r10")]
    [InlineData("Which organisation runs Dune Infrastructure?", null, null)]
    [InlineData("Which organisation is behind Dune Infrastructure?", null, null)]
    [InlineData("What is the organisation of Dune Infrastructure?", "Dune Investments", "r5")]
    [InlineData("What is the sector focus of Ebene Sante?", "Health", "r6")]
    [InlineData("which fund is the biggest", "Dune Infrastructure", "r5")]
    [InlineData("Which fund has made the most investments?", "Baobab Growth", "r3")]
    [InlineData("smallest fund in Kenya", "Acacia Fund I", "r1")]
    public void Answer_ToALookUp_GivesTheValueOrSaysItCannot(string question, string? expected, string? row)
    {
        var asked = Asked.Of(Block, question);

        Assert.Equal(expected is not null, asked.IsAnswered);
        if (expected is null)
            return;
        Assert.True(asked.Has(expected), asked.ToString());
        Assert.Contains(row!, asked.Rows);
    }

    [Theory]
    [InlineData("Which funds invest in Kenya?", "r1,r2,r8,r9")]
    [InlineData("list the funds in Kenya that are completed", "r1,r2,r8,r9")]
    [InlineData("Which funds focus on Fintech and have made more than 10 investments?", "r3,r10")]
    [InlineData("funds of Acacia Capital", "r1,r2")]
    [InlineData("Which funds are not completed?", "r4,r6,r7,r10")]
    [InlineData("list energy funds with a target fund size between 50 and 100", "r8")]
    public void Answer_ToAList_HasExactlyTheFunds(string question, string rows)
    {
        var asked = Asked.Of(Block, question);

        Assert.True(asked.IsAnswered, asked.ToString());
        Assert.Equal(rows.Split(','), asked.Rows.OrderBy(r => int.Parse(r[1..], System.Globalization.CultureInfo.InvariantCulture)));
        foreach (var row in rows.Split(','))
            Assert.True(asked.Has(All.Single(s => s.Row == row).Fund), asked.ToString());
    }

    [Fact]
    public void Answer_GroupedByAList_CountsEachPart()
    {
        var asked = Asked.Of(Block, "how many funds per market?");

        foreach (var market in All.SelectMany(s => s.Markets).GroupBy(m => m))
            Assert.True(asked.Has($"- {market.Key}: {market.Count()}"), asked.ToString());
    }

    [Fact]
    public void Answer_AverageByStatus_HasEach()
    {
        var asked = Asked.Of(Block, "average fund size by status");

        Assert.True(asked.Has("- completed: 161.75") && asked.Has("- in review: 55") && asked.Has("- draft: 15"), asked.ToString());
    }

    [Fact]
    public void Answer_WithListsWrittenAsText_SplitsThem()
    {
        var block = Survey.Block(All)
            .Replace("[\"Kenya\",\"Uganda\"]", "\"Kenya, Uganda\"", StringComparison.Ordinal)
            .Replace("[\"Kenya\",\"Tanzania\",\"Rwanda\"]", "\"Kenya, Tanzania; Rwanda\"", StringComparison.Ordinal)
            .Replace("[\"Nigeria\",\"Ghana\"]", "\"Nigeria, Ghana\"", StringComparison.Ordinal)
            .Replace("[\"Kenya\",\"Ethiopia\"]", "\"Kenya, Ethiopia\"", StringComparison.Ordinal)
            .Replace("[\"Ghana\",\"Nigeria\",\"Kenya\"]", "\"Ghana, Nigeria, Kenya\"", StringComparison.Ordinal)
            .Replace("[\"Nigeria\"]", "\"Nigeria\"", StringComparison.Ordinal)
            .Replace("[\"South Africa\"]", "\"South Africa\"", StringComparison.Ordinal)
            .Replace("[\"Lebanon\",\"Jordan\"]", "\"Lebanon, Jordan\"", StringComparison.Ordinal)
            .Replace("[\"Morocco\",\"Egypt\"]", "\"Morocco, Egypt\"", StringComparison.Ordinal)
            .Replace("[\"Senegal\",\"Ivory Coast\"]", "\"Senegal, Ivory Coast\"", StringComparison.Ordinal)
            .Replace("string_list", "string", StringComparison.Ordinal);
        Assert.DoesNotContain("[\"", block, StringComparison.Ordinal);

        Assert.True(Asked.Of(block, "how many funds invest in Kenya?").Has(4));
    }
}
