namespace AiMesh.Guards;

/// <summary>What became of a build and the tests after it.</summary>
/// <param name="BuildError">The first error of the build, if it did not get further.</param>
/// <param name="Total">How many tests ran.</param>
/// <param name="Failed">The names of those that failed.</param>
/// <param name="Ending">How the run ended if not by itself: <c>timed out</c> or <c>died</c>.</param>
internal sealed record TestRun(string? BuildError, int Total, IReadOnlyList<string> Failed, string? Ending);
