using AiMesh.Guards;

namespace AiMesh.Mesh.Tests.Guards;

/// <summary>tests/Guards/*.guards, of which nothing is run here: whether they still say what they said when they were written.</summary>
public sealed class GuardFileTests
{
    [Fact]
    public void EveryGuard_IsInTheCodeOnce_AndHasTests()
    {
        var root = RepositoryFolder.Find();
        var guards = GuardFile.ReadAll(Path.Combine(root, "tests", "Guards"));

        Assert.True(guards.Count > 30, "There are hardly any guards.");
        Assert.Equal("", string.Join('\n', GuardCheck.Faults(root, guards)));
    }

    [Fact]
    public void Parse_SeveralLinesAndEdits_KeepsThemAsTheyStand()
    {
        var errors = new List<string>();

        var guard = Assert.Single(GuardFile.Parse("gateway", """
            // A remark.
            # slow-body (G11): a body that trickles
            Gateway/A.cs
            - if (a)
            -     b();
            + if (c)
            Gateway/B.cs
            - d();
            hangs
            tests: Gateway ~Hardening|~Http1Tests.Post_
            """, errors));

        Assert.Empty(errors);
        Assert.Equal([new Edit("Gateway/A.cs", "if (a)\n    b();", "if (c)"), new Edit("Gateway/B.cs", "d();", "")], guard.Edits);
        Assert.Equal(("slow-body", "gateway", "Gateway", true), (guard.Name, guard.Group, guard.Project, guard.Hangs));
        Assert.Equal(["Hardening", "Http1Tests.Post_"], guard.Tests);
    }

    [Theory]
    [InlineData("No title\nA.cs\n- a\ntests: Gateway ~A", "line 1: 'No title'")]
    [InlineData("# a: b\nA.cs\ntests: Gateway ~A", "'A.cs' is neither")]
    [InlineData("# a: b\nA.cs\n- a", "no line 'tests: Project ~Name'")]
    [InlineData("# a: b\ntests: Gateway ~A", "nothing to replace")]
    [InlineData("# a: b\nA.cs\n- a\ntests: Gateway A", "'tests: Gateway A' is neither")]
    public void Parse_WrongLine_IsNamed(string text, string fault)
    {
        var errors = new List<string>();

        Assert.Empty(GuardFile.Parse("gateway", text, errors));
        Assert.Contains(fault, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_PatternThatIsNotThereOnce_AndTestsThatAreNotThere_AreNamed()
    {
        var here = $"tests/Mesh.Tests/Guards/{nameof(GuardFileTests)}.cs";
        Guard[] guards =
        [
            new("gone", "", "g", [new Edit(here, "not there".ToUpperInvariant(), "")], "Mesh", ["GuardFileTests"], false),
            new("twice", "", "g", [new Edit(here, "[Theory]", "")], "Mesh", ["Guards.GuardFileTests.Faults_"], false),
            new("no-file", "", "g", [new Edit("None.cs", "a", "")], "Mesh", ["GuardFileTests"], false),
            new("no-tests", "", "g", [new Edit(here, nameof(here) + " = $", "")], "Mesh", ["NoSuchTests"], false),
        ];

        Assert.Equal(
            [
                $"gone: pattern found 0 times in {here}",
                $"twice: pattern found 2 times in {here}",
                "no-file: there is no None.cs",
                "no-tests: no test of Mesh has 'NoSuchTests' in its name",
            ],
            GuardCheck.Faults(RepositoryFolder.Find(), guards));
    }

    [Fact]
    public void Verdict_OfARunWithoutFailedTests_IsNeverRed_ButForGuardsAgainstHanging()
    {
        var guard = new Guard("a", "", "g", [], "Mesh", [], Hangs: false);
        var none = new HashSet<string>();

        Assert.Equal(Outcome.Red, Verdict.Of(guard, new TestRun(null, 9, ["A.B"], null), none).Outcome);
        Assert.Equal(Outcome.Survived, Verdict.Of(guard, new TestRun(null, 9, [], null), none).Outcome);
        Assert.Equal(Outcome.Survived, Verdict.Of(guard, new TestRun(null, 9, ["A.B"], null), new HashSet<string> { "A.B" }).Outcome);
        Assert.Equal(Outcome.NotApplicable, Verdict.Of(guard, new TestRun("CS1002", 0, [], null), none).Outcome);
        Assert.Equal(Outcome.NotApplicable, Verdict.Of(guard, new TestRun(null, 0, [], null), none).Outcome);
        Assert.Equal(Outcome.NotApplicable, Verdict.Of(guard, new TestRun(null, 9, [], "died"), none).Outcome);
        Assert.Equal(Outcome.NotApplicable, Verdict.Of(guard, new TestRun(null, 9, [], "timed out"), none).Outcome);
        Assert.Equal(Outcome.Red, Verdict.Of(guard with { Hangs = true }, new TestRun(null, 9, [], "timed out"), none).Outcome);
    }
}
