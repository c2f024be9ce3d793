using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;

namespace AiMesh.AiService.Tests.Ledger;

public sealed class CostTests
{
    [Theory]
    [InlineData(1_000_000, 1_000_000, 0, "0.150000", "0.60", "0.750000")]
    [InlineData(1, 0, 0, "0.000001", "0", "0.000000000001")]
    [InlineData(1000, 500, 400, "2.50", "10", "0.007")]
    [InlineData(0, 0, 0, "5", "5", "0")]
    public void Cost_OfTokens_IsExact(long input, long output, long cached, string inputPrice, string outputPrice, string expected)
    {
        static decimal Parse(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

        var cost = Cost.Of(new Prices("USD", Parse(inputPrice), Parse(inputPrice) / 2, Parse(outputPrice)), new TokenUsage(input, output, cached));

        Assert.Equal(Parse(expected), cost);
    }

    [Fact]
    public void Usage_ThatContradictsItself_IsBounded()
    {
        var usage = TokenUsage.From(new() { InputTokenCount = 10, CachedInputTokenCount = 50, OutputTokenCount = -3, ReasoningTokenCount = 4 });

        Assert.Equal(new TokenUsage(10, 0, 10, 0), usage);
    }
}
