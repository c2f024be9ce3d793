namespace AiMesh.Guards;

/// <summary>Something that keeps harm away, how to take it out of the code, and the tests that must notice.</summary>
/// <param name="Name">Its name, unique over all files: lower case, digits and hyphens.</param>
/// <param name="Why">What it keeps away.</param>
/// <param name="Group">The file it stands in, without <c>.guards</c>.</param>
/// <param name="Edits">What to replace; all of them at once.</param>
/// <param name="Project">The test project, as in tests/<c>Project</c>.Tests.</param>
/// <param name="Tests">What names of tests contain; any of them.</param>
/// <param name="Hangs">Without it something waits for ever: a run that must be ended counts as noticed.</param>
internal sealed record Guard(
    string Name, string Why, string Group, IReadOnlyList<Edit> Edits, string Project, IReadOnlyList<string> Tests, bool Hangs)
{
    public string TestProject => $"tests/{Project}.Tests/AiMesh.{Project}.Tests.csproj";
}

/// <summary>Replaces one text in one file; it must be there exactly once.</summary>
internal sealed record Edit(string File, string Old, string New)
{
    public static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
            count++;
        return count;
    }
}
