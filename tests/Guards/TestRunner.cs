using System.Xml.Linq;
using Aspire.Hosting.Processes;

namespace AiMesh.Guards;

/// <summary>Builds a test project and runs some of its tests.</summary>
internal static class TestRunner
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <param name="copy">Root of the copy.</param>
    /// <param name="project">Path of the test project in it.</param>
    /// <param name="names">What names of tests contain; any of them.</param>
    /// <param name="restore">Whether packages have to be restored first.</param>
    /// <param name="untilFirstFailure">Whether one failed test is enough.</param>
    /// <param name="cancellationToken">Ends what runs.</param>
    public static async Task<TestRun> RunAsync(
        string copy, string project, IEnumerable<string> names, bool restore, bool untilFirstFailure, CancellationToken cancellationToken)
    {
        // What is built here is thrown away: warnings and style are the business of the real build. The servers that builds share would be ended with this one.
        string[] build =
        [
            "build", project, "--nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false",
            "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false",
        ];
        var (code, output) = await DotnetAsync(copy, restore ? build : [.. build, "--no-restore"], cancellationToken);
        if (code != 0)
            return new TestRun(output.FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? "no error named", 0, [], null);

        var results = Path.Combine(copy, "TestResults");
        if (Directory.Exists(results))
            Directory.Delete(results, recursive: true);
        string[] test =
        [
            "test", project, "--no-build", "--nologo", "--results-directory", results, "--logger", "trx;LogFileName=run.trx",
            "--filter", string.Join('|', names.Select(name => "FullyQualifiedName~" + name)), "--", $"xUnit.StopOnFail={(untilFirstFailure ? "true" : "false")}",
        ];
        (code, _) = await DotnetAsync(copy, test, cancellationToken);

        var file = Path.Combine(results, "run.trx");
        var tests = File.Exists(file) ? XDocument.Load(file).Descendants().Where(element => element.Name.LocalName == "UnitTestResult").ToList() : [];
        var failed = tests.Where(element => (string?)element.Attribute("outcome") == "Failed").Select(element => Short((string?)element.Attribute("testName")));
        List<string> broken = [.. failed.Distinct().Order(StringComparer.Ordinal)];
        return new TestRun(null, tests.Count, broken, code is null ? "timed out" : code != 0 && broken.Count == 0 ? "died" : null);
    }

    /// <returns>The exit code, or null for a run that had to be ended.</returns>
    private static async Task<(int? Code, List<string> Output)> DotnetAsync(string folder, string[] arguments, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await using var child = ChildProcess.Start(new ChildProcessOptions("dotnet", arguments) { WorkingDirectory = folder }, (line, _) =>
        {
            lock (lines)
                lines.Add(line.Trim());
        });
        try
        {
            var code = await child.Exited.WaitAsync(Patience, cancellationToken);
            lock (lines)
                return (code, [.. lines]);
        }
        catch (TimeoutException)
        {
            return (null, []);
        }
    }

    /// <summary>Class and method, without namespace and the values of a theory.</summary>
    private static string Short(string? name) =>
        string.Join('.', (name ?? "?").Split('(')[0].Split('.').TakeLast(2));
}
