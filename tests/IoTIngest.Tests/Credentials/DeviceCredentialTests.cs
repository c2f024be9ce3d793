using AiMesh.IoTIngest.Credentials;

namespace AiMesh.IoTIngest.Tests.Credentials;

public sealed class DeviceCredentialTests
{
    [Theory]
    [InlineData("demo")]
    [InlineData("a")]
    [InlineData("north-sea-9")]
    public void TryParse_Created_GivesItsParts(string organisation)
    {
        var created = DeviceCredential.Create(organisation);
        Assert.True(DeviceCredential.TryParse(created.Text, out var parsed));
        Assert.Equal((organisation, created.Id, created.Text), (parsed.Organisation, parsed.Id, parsed.Text));
        Assert.Equal(created.ComputeHash(), parsed.ComputeHash());
        Assert.StartsWith($"amd_{organisation}_", created.Text);
    }

    [Fact]
    public void Create_Twice_HasNothingInCommon()
    {
        var (first, second) = (DeviceCredential.Create("demo"), DeviceCredential.Create("demo"));
        Assert.NotEqual(first.Id, second.Id);
        Assert.NotEqual(first.Text[^49..], second.Text[^49..]);
    }

    [Fact]
    public void TryParse_AnyCharacterChanged_Fails()
    {
        var text = DeviceCredential.Create("demo").Text;
        for (var index = 0; index < text.Length; index++)
        {
            var changed = text.ToCharArray();
            changed[index] = changed[index] == 'x' ? 'y' : 'x';
            Assert.False(DeviceCredential.TryParse(new string(changed), out _), $"position {index}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("amd_demo")]
    [InlineData("Bearer amd_demo_x_y")]
    public void TryParse_Else_Fails(string? text) => Assert.False(DeviceCredential.TryParse(text, out _));

    [Fact]
    public void TryParse_LineBreakBehind_Fails() => Assert.False(DeviceCredential.TryParse(DeviceCredential.Create("demo").Text + "\n", out _));

    [Fact]
    public void ToString_ForLogs_HidesTheSecret()
    {
        var credential = DeviceCredential.Create("demo");
        Assert.Equal($"amd_demo_{credential.Id}_…", credential.ToString());
    }
}
