using System.Text.RegularExpressions;

namespace AiMesh.StandIns.Tests.PublicSurface;

/// <summary>The signatures of a real package, as typed into <c>&lt;PackageId&gt;.txt</c>.</summary>
internal sealed partial class SurfaceList
{
    private SurfaceList(IEnumerable<string> lines) => Lines = lines.ToHashSet(StringComparer.Ordinal);

    public IReadOnlySet<string> Lines { get; }

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "PublicSurface");

    public static SurfaceList Read(string packageId) => Parse(File.ReadLines(Path.Combine(Folder, packageId + ".txt")));

    public static SurfaceList Parse(IEnumerable<string> text) => new(text
        .Select(line => line.Trim())
        .Where(line => line.Length > 0 && line[0] != '#')
        .SelectMany(Expand));

    // "{get;set}" is short for a line with {get} and one with {set}: a stand-in may leave out either.
    private static IEnumerable<string> Expand(string line)
    {
        if (!LineForm().IsMatch(line))
            throw new FormatException($"Not a line of a surface list: {line}");
        var accessors = Accessors().Match(line);
        return accessors.Success
            ? accessors.Groups[1].Value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(accessor => Accessors().Replace(line, $"{{{accessor}}}"))
            : [line];
    }

    [GeneratedRegex("^[TMPFEI]:[A-Za-z_]")]
    private static partial Regex LineForm();

    [GeneratedRegex(@"\{([a-z; ]+)\}")]
    private static partial Regex Accessors();
}
