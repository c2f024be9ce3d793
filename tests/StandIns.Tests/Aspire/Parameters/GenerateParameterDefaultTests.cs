using Aspire.Hosting.ApplicationModel;

namespace AiMesh.StandIns.Tests.Aspire.Parameters;

public sealed class GenerateParameterDefaultTests
{
    [Fact]
    public void GetDefaultValue_KeepsTheMinima_AndNeverRepeats()
    {
        var generator = new GenerateParameterDefault { MinLength = 22, MinLower = 2, MinUpper = 3, MinNumeric = 4, MinSpecial = 5 };

        var values = Enumerable.Range(0, 200).Select(_ => generator.GetDefaultValue()).ToArray();

        Assert.All(values, value =>
        {
            Assert.Equal(22, value.Length);
            Assert.True(value.Count(char.IsAsciiLetterLower) >= 2);
            Assert.True(value.Count(char.IsAsciiLetterUpper) >= 3);
            Assert.True(value.Count(char.IsAsciiDigit) >= 4);
            Assert.True(value.Count(character => !char.IsAsciiLetterOrDigit(character)) >= 5);
        });
        Assert.Equal(values.Length, values.Distinct().Count());
    }

    [Fact]
    public void GetDefaultValue_WithoutSpecial_HasLettersAndDigitsOnly()
    {
        var generator = new GenerateParameterDefault { MinLength = 1000, Special = false };

        Assert.All(generator.GetDefaultValue(), character => Assert.True(char.IsAsciiLetterOrDigit(character)));
    }

    [Fact]
    public void GetDefaultValue_WithAMinimumOfWhatIsNotAllowed_Throws()
    {
        Assert.Throws<ArgumentException>(() => new GenerateParameterDefault { Special = false, MinSpecial = 1 }.GetDefaultValue());
    }
}
