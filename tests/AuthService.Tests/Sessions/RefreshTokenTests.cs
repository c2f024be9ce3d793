using AiMesh.AuthService.Sessions;

namespace AiMesh.AuthService.Tests.Sessions;

public sealed class RefreshTokenTests
{
    [Fact]
    public void Parse_OfAToken_GivesTheSameToken()
    {
        var token = RefreshToken.New();
        Assert.Equal(token.Hash, RefreshToken.Parse(token.ToString())!.Hash);
    }

    [Fact]
    public void New_ManyTimes_NeverRepeats() =>
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(static _ => RefreshToken.New().ToString()).Distinct().Count());

    [Theory]
    [InlineData("")]
    [InlineData("amrt_")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AMRT_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAA+/AAAAAAAAAAAAAAAAAAAA")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAé")]
    public void Parse_OfSomethingElse_IsNull(string text) => Assert.Null(RefreshToken.Parse(text));

    [Fact]
    public void Open_WithTheSpentToken_GivesTheSuccessor()
    {
        var (spent, successor) = (RefreshToken.New(), RefreshToken.New());
        Assert.Equal(successor.ToString(), RefreshToken.Parse(spent.ToString())!.Open(spent.Seal(successor)).ToString());
    }

    [Fact]
    public void Open_WithAnotherToken_Fails()
    {
        var sealedSuccessor = RefreshToken.New().Seal(RefreshToken.New());
        Assert.Throws<InvalidOperationException>(() => RefreshToken.New().Open(sealedSuccessor));
    }
}
