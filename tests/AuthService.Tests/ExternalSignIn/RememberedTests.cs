using AiMesh.AuthService.ExternalSignIn;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

public sealed class RememberedTests
{
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly ExternalSignInOptions _options = new() { MetadataLifetime = TimeSpan.FromMinutes(10), RetryInterval = TimeSpan.FromSeconds(10) };
    private int _fetches;
    private Result<string> _next = "first";

    [Fact]
    public async Task Document_IsFetchedAgainWhenItIsOld_AndKeptWhenThatFails()
    {
        var remembered = Create();
        Assert.Equal(("first", 1), await GetAsync(remembered, static _ => true));
        _next = "second";
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Equal(("first", 1), await GetAsync(remembered, static _ => true));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(("second", 2), await GetAsync(remembered, static _ => true));
        _next = new ProviderUnusable("unreachable");
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(("second", 3), await GetAsync(remembered, static _ => true));
    }

    [Fact]
    public async Task Document_ThatDoesNotDo_IsFetchedAgainNoMoreOftenThanTheInterval()
    {
        var remembered = Create();
        Assert.Equal(("first", 1), await GetAsync(remembered, static _ => true));
        _time.Advance(TimeSpan.FromSeconds(9));
        for (var i = 0; i < 100; i++) Assert.Equal(("first", 1), await GetAsync(remembered, static _ => false));
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 100; i++) Assert.Equal(("first", 2), await GetAsync(remembered, static _ => false));
    }

    [Fact]
    public async Task Failure_IsTheAnswerForTheInterval()
    {
        var remembered = Create();
        _next = new ProviderUnusable("unreachable");
        for (var i = 0; i < 100; i++) Assert.False((await remembered.GetAsync(static _ => true, CancellationToken.None)).IsOk);
        _next = "there";
        Assert.False((await remembered.GetAsync(static _ => true, CancellationToken.None)).IsOk);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(("there", 2), await GetAsync(remembered, static _ => true));
    }

    [Fact]
    public async Task Fetch_ServesAllWhoWait_AndOutlivesTheOneWhoBeganIt()
    {
        var answer = new TaskCompletionSource<Result<string>>();
        var remembered = new Remembered<string>(
            () =>
            {
                _fetches++;
                return answer.Task;
            },
            _options, _time);
        using var gaveUp = new CancellationTokenSource();
        var first = remembered.GetAsync(static _ => true, gaveUp.Token);
        var second = remembered.GetAsync(static _ => true, CancellationToken.None);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult("there");
        Assert.Equal(("there", 1), ((await second).Value, _fetches));
    }

    private Remembered<string> Create() => new(
        () =>
        {
            _fetches++;
            return Task.FromResult(_next);
        },
        _options, _time);

    private async Task<(string Value, int Fetches)> GetAsync(Remembered<string> remembered, Func<string, bool> does) =>
        ((await remembered.GetAsync(does, CancellationToken.None)).Value, _fetches);
}
