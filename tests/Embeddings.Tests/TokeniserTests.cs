namespace AiMesh.Embeddings.Tests;

public sealed class TokeniserTests
{
    [Theory]
    [InlineData("The quick-brown fox, 42!", "the quick brown fox 42")]
    [InlineData("Don't stop at O\u2019Neill's", "dont stop at oneills")]
    [InlineData("'quoted' it' s", "quoted it s")]
    [InlineData("ÀÉÎÕÜ ñandú Ærø Straße œuvre", "aeiou nandu aero strasse oeuvre")]
    [InlineData("Łódź Ğüneş Žižek Őrség Ïle Čapek", "lodz gunes zizek orseg ile capek")]
    [InlineData("cafe\u0301 = caf\u00e9", "cafe cafe")]
    [InlineData("Ελληνικά МОСКВА", "ελληνικά москва")]
    [InlineData("東京タワー tower", "東 京 タ ワ ー tower")]
    [InlineData("हिन्दी में", "हिन्दी में")]
    [InlineData("a😀b", "a b")]
    [InlineData("x\ud800y", "x y")]
    [InlineData(" \t\r\n…—", "")]
    [InlineData("", "")]
    public void Tokenise_FindsTheWords(string text, string expected) => Assert.Equal(expected, string.Join(' ', Tokeniser.Tokenise(text).Select(token => token.Word)));

    [Fact]
    public void Tokenise_SaysWhereWordsStand()
    {
        const string Text = "A cafe\u0301, 東京 & O'Neill 𝒳y";
        Assert.Equal(["A", "cafe\u0301", "東", "京", "O'Neill", "𝒳y"], Tokeniser.Tokenise(Text).Select(token => Text.Substring(token.Start, token.Length)));
    }

    [Fact]
    public void Tokenise_OfAnyText_StaysWithinIt()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)(random.Next(3) == 0 ? random.Next(0x10000) : random.Next(0x20, 0x250)))]);
            var end = 0;
            foreach (var token in Tokeniser.Tokenise(text))
            {
                Assert.InRange(token.Start, end, text.Length);
                Assert.NotEmpty(token.Word);
                end = token.Start + token.Length;
                Assert.InRange(end, token.Start + 1, text.Length);
            }
        }
    }

    [Theory]
    [InlineData("movies", "movy")]
    [InlineData("movie", "movy")]
    [InlineData("cities", "city")]
    [InlineData("skies", "sky")]
    [InlineData("pies", "pie")]
    [InlineData("pie", "pie")]
    [InlineData("boxes", "box")]
    [InlineData("glass", "glass")]
    [InlineData("classes", "class")]
    [InlineData("bus", "bus")]
    [InlineData("analysis", "analysis")]
    [InlineData("gas", "gas")]
    public void Stem_GivesPluralAndSingularOneForm(string word, string expected) => Assert.Equal(expected, Stemmer.Stem(word));
}
