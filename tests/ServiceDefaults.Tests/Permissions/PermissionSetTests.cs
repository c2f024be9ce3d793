using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.ServiceDefaults.Tests.Permissions;

public sealed class PermissionSetTests
{
    [Theory]
    [InlineData("ai:ask", "ai:ask", true)]
    [InlineData("ai:ask", "ai:Ask", false)]
    [InlineData("ai:ask", "ai:ask:more", false)]
    [InlineData("ai:ask", "ai", false)]
    [InlineData("ai:ask", "ai:askx", false)]
    [InlineData("*", "ai:ask", true)]
    [InlineData("*", "ai", true)]
    [InlineData("data:*", "data:read", true)]
    [InlineData("data:*", "data:read:surveys", true)]
    [InlineData("data:*", "data", false)]
    [InlineData("data:*", "database:read", false)]
    [InlineData("data:read:*", "data:read:surveys", true)]
    [InlineData("data:read:*", "data:read:*", true)]
    [InlineData("data:read:*", "data:write:surveys", false)]
    [InlineData("data:*:surveys", "data:read:surveys", true)]
    [InlineData("data:*:surveys", "data:read:movies", false)]
    [InlineData("data:*:surveys", "data:read:extra:surveys", false)]
    [InlineData("*:read:*", "iot:read:pump", true)]
    [InlineData("*:read:*", "iot:write:pump", false)]
    [InlineData("data:read:surveys", "data:read:*", false)]
    [InlineData("data:*:*", "data:read", false)]
    [InlineData("data:*", "data:", false)]
    [InlineData("*", "", false)]
    [InlineData("*", ":", false)]
    public void Allows_FollowsTheContract(string grant, string asked, bool allowed)
    {
        var set = PermissionSet.Create(grant);

        Assert.Equal(allowed, set.Allows(asked));
        Assert.Equal(allowed, set.Allows(asked.AsSpan()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("ai:")]
    [InlineData(":ai")]
    [InlineData("ai::ask")]
    [InlineData("ai:a*")]
    [InlineData("ai:**")]
    [InlineData("ai: ask")]
    [InlineData("ai:ask\n")]
    public void Create_WithMalformedGrant_Refuses(string grant)
    {
        Assert.False(PermissionPattern.IsValid(grant));
        Assert.False(PermissionSet.TryCreate(["ai:ask", grant], out var set));
        Assert.False(set.Allows("ai:ask"));
        Assert.Throws<ArgumentException>(() => PermissionSet.Create(grant));
    }

    [Fact]
    public void Create_WithGrantBeyondTheLimit_Refuses()
    {
        Assert.True(PermissionPattern.IsValid(new string('a', PermissionPattern.MaxLength)));
        Assert.False(PermissionPattern.IsValid(new string('a', PermissionPattern.MaxLength + 1)));
    }

    [Fact]
    public void Allows_WithSeveralGrants_TakesAnyOfThem()
    {
        var set = PermissionSet.Create("ai:ask", "data:read:*", "iot:*:pump", "ai:ask");

        Assert.Equal(["ai:ask", "data:read:*", "iot:*:pump"], set.Patterns.AsEnumerable());
        Assert.True(set.Allows("ai:ask"));
        Assert.True(set.Allows("data:read:x"));
        Assert.True(set.Allows("iot:write:pump"));
        Assert.False(set.Allows("iot:write:fan"));
        Assert.False(PermissionSet.None.Allows("ai:ask"));
    }

    [Fact]
    public void Equals_ComparesGrants()
    {
        Assert.Equal(PermissionSet.Create("a:b", "c:d"), PermissionSet.Create("c:d", "a:b"));
        Assert.Equal(PermissionSet.Create("a:b", "c:d").GetHashCode(), PermissionSet.Create("c:d", "a:b").GetHashCode());
        Assert.NotEqual(PermissionSet.Create("a:b"), PermissionSet.Create("a:c"));
    }

    [Fact]
    public void Allows_AllocatesNothing()
    {
        var set = PermissionSet.Create("ai:ask", "data:read:*", "iot:*:pump");
        string[] asked = ["ai:ask", "data:read:surveys", "iot:write:pump", "auth:users:read"];
        foreach (var permission in asked) set.Allows(permission);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            foreach (var permission in asked) set.Allows(permission);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
    }
}
