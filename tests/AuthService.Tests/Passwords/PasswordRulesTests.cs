using AiMesh.AuthService.Passwords;

namespace AiMesh.AuthService.Tests.Passwords;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("correct horse staple")]
    [InlineData("hgt5-Wq!")]
    [InlineData("        x        y z")]
    [InlineData("alllowercaseletterswithoutanythingelse")]
    [InlineData("ключ от дома")]
    [InlineData("🐎🐴🦄🐎🐴🦄🐎🐴")]
    [InlineData("Demo-Passw0rd!")]
    public void Check_OfUncommonPassword_FindsNothing(string password) => Assert.Null(PasswordRules.Check(password));

    [Theory]
    [InlineData("", "at least 8")]
    [InlineData("hgt5-Wq", "at least 8")]
    [InlineData("🐎🐴🦄🐎🐴🦄🐎", "at least 8")]
    [InlineData("password", "commonly used")]
    [InlineData("PassWord1", "commonly used")]
    [InlineData("p@ssw0rd!", "commonly used")]
    [InlineData("iloveyou", "commonly used")]
    [InlineData("qwertyuiop", "commonly used")]
    [InlineData("12345678", "commonly used")]
    [InlineData("1234567890", "commonly used")]
    [InlineData("zyxwvutsrq", "commonly used")]
    [InlineData("aaaaaaaaaaaa", "commonly used")]
    [InlineData("abababababab", "commonly used")]
    [InlineData("ANNA@example.com", "name or address")]
    public void Check_OfBadPassword_SaysWhy(string password, string reason) =>
        Assert.Contains(reason, PasswordRules.Check(password, "anna@example.com"), StringComparison.Ordinal);

    [Fact]
    public void Check_AtTheLongestLength_CountsCodePoints()
    {
        var longest = string.Concat(Enumerable.Repeat("🐎🐴🦄x", PasswordRules.MaxLength / 4));
        Assert.Null(PasswordRules.Check(longest));
        Assert.Contains("at most 128", PasswordRules.Check(longest + "y"), StringComparison.Ordinal);
    }
}
