using System.Text.RegularExpressions;
using AiMesh.Guards;

namespace AiMesh.Mesh.Tests;

/// <summary>docs/security-asvs.md names tests; each of them is there.</summary>
public sealed partial class SecurityPageTests
{
    private static readonly string Root = RepositoryFolder.Find();

    [Fact]
    public void EveryTest_ThatThePageNames_IsThere()
    {
        var named = Named().Matches(File.ReadAllText(Path.Combine(Root, "docs", "security-asvs.md")));
        Assert.True(named.Count > 50, "The page names hardly any tests.");

        var missing = named.Where(static name => !IsThere(name.Groups["class"].Value, name.Groups["method"].Value)).Select(static name => name.Value);

        Assert.Equal("", string.Join('\n', missing.Distinct()));
    }

    [Fact]
    public void EveryRow_NamesATest_OrSaysWhyThereIsNone()
    {
        var rows = File.ReadLines(Path.Combine(Root, "docs", "security-asvs.md")).Where(static line => line.StartsWith("| V", StringComparison.Ordinal));

        Assert.All(rows, static row => Assert.True(
            Named().IsMatch(row) || row.Contains("not met", StringComparison.OrdinalIgnoreCase) || row.Contains("not applicable", StringComparison.OrdinalIgnoreCase)
            || row.Contains("being built", StringComparison.Ordinal),
            $"docs/security-asvs.md: no test and no reason: {row}"));
    }

    private static bool IsThere(string type, string method) => Directory
        .EnumerateFiles(Path.Combine(Root, "tests"), $"{type}.cs", SearchOption.AllDirectories)
        .Any(file => Regex.IsMatch(File.ReadAllText(file), $@"\[(Fact|Theory)[\s\S]*?\b(Task|void) {method}\("));

    [GeneratedRegex("`(?<class>[A-Za-z0-9]+Tests)::(?<method>[A-Za-z0-9_]+)`")]
    private static partial Regex Named();
}
