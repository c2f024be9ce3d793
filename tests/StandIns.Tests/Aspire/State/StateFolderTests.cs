using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.State;

namespace AiMesh.StandIns.Tests.Aspire.State;

public sealed class StateFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task GeneratedParameter_IsTheSameInTheNextRun_AndReadableByItsOwnerOnly()
    {
        var first = await GenerateAsync();
        var second = await GenerateAsync();

        Assert.Equal(first, second);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(_folder.Path, "secrets.json")));
    }

    [Fact]
    public async Task GivenParameter_WinsOverTheGeneratedOne()
    {
        await GenerateAsync();

        Assert.Equal("given", await GenerateAsync("--Parameters:key=given"));
        Assert.Equal("given too", await GenerateAsync("--Parameters:key=given too"));
    }

    [Fact]
    public void Of_TwoApplications_LetsOnlyOneHaveTheFolder()
    {
        var first = Builder();
        var second = Builder();
        Assert.Equal(_folder.Path, StateFolder.Of(first).Path);

        var error = Assert.Throws<DistributedApplicationException>(() => StateFolder.Of(second));
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);

        StateFolder.Release(first);
        var third = Builder();
        Assert.Equal(_folder.Path, StateFolder.Of(third).Path);
        StateFolder.Release(third);
    }

    private IDistributedApplicationBuilder Builder(params string[] arguments) =>
        DistributedApplication.CreateBuilder([$"--Aspire:StatePath={_folder.Path}", .. arguments]);

    private async Task<string?> GenerateAsync(params string[] arguments)
    {
        var builder = Builder(arguments);
        var parameter = builder.AddParameter("key", new GenerateParameterDefault { MinLength = 30 }, secret: true, persist: true);
        var value = await parameter.Resource.GetValueAsync(CancellationToken.None);
        StateFolder.Release(builder);
        return value;
    }
}
