using AiMesh.AuthService.Keys;

namespace AiMesh.AuthService.Tests.Keys;

public sealed class RotationPlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(11);
    private static readonly KeyOptions Options = new() { RotationInterval = TimeSpan.FromDays(30), PublishAhead = TimeSpan.FromHours(1) };

    private static RotationPlan At(DateTimeOffset now, params (string Id, DateTimeOffset ActivatesAt)[] keys) => RotationPlan.For(keys, now, Options, Retention);

    [Fact]
    public void Plan_WithoutKeys_MakesOneThatSignsAtOnce() => Assert.Equal(Start, At(Start).CreateKeyActiveFrom);

    [Fact]
    public void Plan_WithYoungKey_DoesNothing()
    {
        var plan = At(Start.AddDays(29), ("a", Start));
        Assert.Null(plan.CreateKeyActiveFrom);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void Plan_AnHourBeforeTheRotation_PublishesTheNextKey() =>
        Assert.Equal(Start.AddDays(30), At(Start.AddDays(30).AddHours(-1), ("a", Start)).CreateKeyActiveFrom);

    [Fact]
    public void Plan_WithNextKeyPublished_DoesNotMakeAnother() =>
        Assert.Null(At(Start.AddDays(30).AddMinutes(-1), ("a", Start), ("b", Start.AddDays(30))).CreateKeyActiveFrom);

    [Fact]
    public void Plan_LongOverdue_StillPublishesBeforeItSigns()
    {
        var now = Start.AddDays(90);
        Assert.Equal(now.AddHours(1), At(now, ("a", Start)).CreateKeyActiveFrom);
    }

    [Fact]
    public void Plan_WithOnlyFutureKeys_MakesOneThatSignsAtOnce()
    {
        var now = Start.AddDays(-1);
        Assert.Equal(now, At(now, ("a", Start)).CreateKeyActiveFrom);
    }

    [Fact]
    public void Plan_AfterATakeover_KeepsTheOldKeyUntilItsLastTokenExpired()
    {
        (string, DateTimeOffset)[] keys = [("a", Start), ("b", Start.AddDays(30))];
        Assert.Empty(At(Start.AddDays(30).Add(Retention).AddSeconds(-1), keys).Delete);
        Assert.Equal(["a"], At(Start.AddDays(30).Add(Retention), keys).Delete.AsEnumerable());
    }

    [Fact]
    public void Plan_WithManyOldKeys_DeletesAllThatAreOver() =>
        Assert.Equal(["a", "b"], At(Start.AddDays(61), ("c", Start.AddDays(60)), ("b", Start.AddDays(30)), ("a", Start)).Delete.AsEnumerable());

    [Fact]
    public void Plan_OverAYear_AlwaysHasAPublishedKeyToSignWith()
    {
        var keys = new List<(string Id, DateTimeOffset ActivatesAt)>();
        var published = new Dictionary<string, DateTimeOffset>();
        for (var now = Start; now < Start.AddDays(365); now += TimeSpan.FromMinutes(30))
        {
            var plan = At(now, [.. keys]);
            keys.RemoveAll(key => plan.Delete.Contains(key.Id));
            if (plan.CreateKeyActiveFrom is { } activatesAt)
            {
                var id = $"{now:O}";
                keys.Add((id, activatesAt));
                published[id] = now;
            }

            var signing = keys.Where(key => key.ActivatesAt <= now).MaxBy(key => key.ActivatesAt);
            Assert.NotNull(signing.Id);
            Assert.True(now == Start || now > Start.AddDays(1) || signing.ActivatesAt == Start);
            Assert.True(signing.ActivatesAt == Start || signing.ActivatesAt - published[signing.Id] >= Options.PublishAhead);
            Assert.InRange(keys.Count, 1, 3);
        }

        Assert.InRange(published.Count, 12, 14);
    }
}
