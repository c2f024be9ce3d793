using AiMesh.DataService.Paging;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.DataService.Tests.Paging;

public sealed class PageTokensTests
{
    private static readonly PageBinding Binding = new(new Principal { Kind = PrincipalKind.User, Organisation = "o", Subject = "s", TokenId = "t" }, "items", "a = 1");

    [Fact]
    public void Open_OfASealedPosition_GivesItBack()
    {
        var tokens = new PageTokens(PageTokenKey.From("master"));
        string?[] position = ["é", null, "id"];
        Assert.Equal((IEnumerable<string?>)position, tokens.Open(tokens.Seal(position, Binding), Binding).Value);
        Assert.Empty(tokens.Open("", Binding).Value);
    }

    [Fact]
    public void Open_ByAReplicaWithTheSameMasterKey_Works()
    {
        var token = new PageTokens(PageTokenKey.From("master")).Seal(["id"], Binding);
        Assert.True(new PageTokens(PageTokenKey.From("master")).Open(token, Binding).IsOk);
        Assert.False(new PageTokens(PageTokenKey.From("another")).Open(token, Binding).IsOk);
    }

    [Theory]
    [InlineData("o", "s", "items", "a = 1", true)]
    [InlineData("another", "s", "items", "a = 1", false)]
    [InlineData("o", "another", "items", "a = 1", false)]
    [InlineData("o", "s", "watch", "a = 1", false)]
    [InlineData("o", "s", "items", "a = 2", false)]
    [InlineData("s", "o", "items", "a = 1", false)]
    public void Open_ForAnotherOrganisationPersonOrQuery_IsRefused(string organisation, string subject, string kind, string filter, bool isOk)
    {
        var tokens = new PageTokens(PageTokenKey.From("master"));
        var binding = new PageBinding(new Principal { Kind = PrincipalKind.User, Organisation = organisation, Subject = subject, TokenId = "t" }, kind, filter);
        Assert.Equal(isOk, tokens.Open(tokens.Seal(["id"], Binding), binding).IsOk);
    }

    [Fact]
    public void Open_WithAnyBitChanged_IsRefused()
    {
        var tokens = new PageTokens(PageTokenKey.From("master"));
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(tokens.Seal(["value", "id"], Binding));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(tokens.Open(System.Buffers.Text.Base64Url.EncodeToString(bytes), Binding).IsOk);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void SealAndOpen_FromManyThreads_DoNotDisturbEachOther()
    {
        var tokens = new PageTokens(PageTokenKey.From("master"));
        Parallel.For(0, 20_000, i =>
        {
            var position = new string?[] { FormattableString.Invariant($"{i}") };
            Assert.Equal((IEnumerable<string?>)position, tokens.Open(tokens.Seal(position, Binding), Binding).Value);
        });
    }
}
