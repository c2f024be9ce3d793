using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.ServiceDefaults.Tests.Permissions;

public sealed class PermissionTemplateTests
{
    private static PermissionTemplate<string?> Compile(string text) =>
        PermissionTemplate<string?>.TryCompile(text, static field => field == "dataset" ? static value => value : null, out _)!;

    [Theory]
    [InlineData("data:read:surveys", "surveys", true)]
    [InlineData("data:read:surveys", "movies", false)]
    [InlineData("data:read:surveys", "", false)]
    [InlineData("data:read:*", "", true)]
    [InlineData("data:read:*", null, true)]
    [InlineData("data:*:surveys", "surveys", true)]
    public void Check_FillsInTheField(string grant, string? value, bool allowed) =>
        Assert.Equal(allowed, Compile("data:read:{dataset}").Check(PermissionSet.Create(grant), value) is null);

    [Theory]
    [InlineData("surveys:export")]
    [InlineData("*")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    public void Check_WithValueThatIsNoName_NamesTheField(string value)
    {
        var error = Compile("data:read:{dataset}").Check(PermissionSet.Create("*"), value);

        Assert.Equal("dataset", Assert.Single(Assert.IsType<InvalidField>(error).Violations).Field);
    }

    [Fact]
    public void Check_WithHugeValue_NamesTheField() =>
        Assert.IsType<InvalidField>(Compile("data:read:{dataset}").Check(PermissionSet.Create("*"), new string('x', 250)));

    [Fact]
    public void Check_WithoutGrant_NamesThePermission()
    {
        var error = Assert.IsType<PermissionDenied>(Compile("data:read:{dataset}").Check(PermissionSet.None, "surveys"));

        Assert.Equal("data:read:surveys", error.Metadata["permission"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Data:read")]
    [InlineData("data:")]
    [InlineData("data:*")]
    [InlineData("data:{other}")]
    [InlineData("data:{}")]
    [InlineData("data:x{dataset}")]
    public void Compile_OfMalformedTemplate_SaysWhatIsWrong(string text)
    {
        Assert.Null(PermissionTemplate<string?>.TryCompile(text, static field => field == "dataset" ? static value => value : null, out var problem));
        Assert.False(string.IsNullOrEmpty(problem));
    }

    [Fact]
    public void Check_AllocatesNothing()
    {
        var template = Compile("data:read:{dataset}");
        var granted = PermissionSet.Create("data:read:*");
        template.Check(granted, "surveys");

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) template.Check(granted, "surveys");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
    }
}
