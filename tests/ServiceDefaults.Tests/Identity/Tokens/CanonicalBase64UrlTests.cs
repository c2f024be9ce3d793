using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class CanonicalBase64UrlTests
{
    [Fact]
    public void Decode_OfEveryShortText_AcceptsExactlyOneSpellingOfEachValue()
    {
        // All texts of two characters: 16 of each 64 x 64 decode to a byte, but only those without stray bits are its spelling.
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var spellings = new Dictionary<byte, string>();
        foreach (var first in Alphabet)
        {
            foreach (var second in Alphabet)
            {
                var text = $"{first}{second}";
                if (!CanonicalBase64Url.TryDecode(text, out var bytes)) continue;
                Assert.True(spellings.TryAdd(Assert.Single(bytes), text));
                Assert.Equal(text, CanonicalBase64Url.Encode(bytes));
            }
        }

        Assert.Equal(256, spellings.Count);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AAAAA")]
    [InlineData("AA==")]
    [InlineData("AAA=")]
    [InlineData("AB")]
    [InlineData("AAB")]
    [InlineData("A+AA")]
    [InlineData("A/AA")]
    [InlineData("AA AA")]
    [InlineData("AAAA\n")]
    [InlineData("ÀAAA")]
    public void Decode_OfAnythingElse_Refuses(string text) => Assert.False(CanonicalBase64Url.TryDecode(text, out _));
}
