namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>The page that says who may call what, read as it stands.</summary>
internal sealed class Oracle
{
    private const string FreeTextHeading = "## Fields that name nothing";

    private Oracle(IReadOnlyDictionary<string, OracleRow> rpcs, IReadOnlyDictionary<string, OracleRow> endpoints, IReadOnlySet<string> freeText) =>
        (Rpcs, Endpoints, FreeText) = (rpcs, endpoints, freeText);

    public static Oracle Instance { get; } = Read(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "who-may-call.md")));

    /// <summary>By "auth.Users/GetUser".</summary>
    public IReadOnlyDictionary<string, OracleRow> Rpcs { get; }

    /// <summary>By "GET /health".</summary>
    public IReadOnlyDictionary<string, OracleRow> Endpoints { get; }

    /// <summary>Names of fields that name nothing of an organisation.</summary>
    public IReadOnlySet<string> FreeText { get; }

    private static Oracle Read(string[] lines)
    {
        var rpcs = new Dictionary<string, OracleRow>();
        var endpoints = new Dictionary<string, OracleRow>();
        string[]? header = null;
        foreach (var cells in lines.Select(Cells))
        {
            if (cells is null)
                header = null;
            else if (header is null)
                header = cells;
            else if (header[0] == "rpc" && !cells[0].StartsWith('-'))
                rpcs.Add(cells[0], Row(header, cells));
            else if (header[0] == "endpoint" && !cells[0].StartsWith('-'))
                endpoints.Add(cells[0], Row(header, cells));
        }

        // One paragraph of explanation stands before the list.
        var freeText = lines.SkipWhile(line => line != FreeTextHeading).SkipWhile(line => !line.StartsWith("email ", StringComparison.Ordinal));
        return new Oracle(rpcs, endpoints, freeText.SelectMany(static line => line.Split(' ')).ToHashSet());
    }

    private static OracleRow Row(string[] header, string[] cells)
    {
        Assert.True(cells.Length == header.Length, $"who-may-call.md: the row of {cells[0]} has {cells.Length} cells, not {header.Length}.");
        var columns = header.Zip(cells).ToDictionary(static pair => pair.First, static pair => pair.Second);
        return new OracleRow(
            cells[0],
            Split(columns.GetValueOrDefault("routes"), ", "),
            columns.Where(static column => column.Key is not ("rpc" or "endpoint" or "routes" or "names"))
                .ToDictionary(static column => column.Key, column => VerdictOf(cells[0], column.Value)),
            [.. Split(columns.GetValueOrDefault("names"), " ").Select(FieldOf)]);
    }

    private static Verdict VerdictOf(string call, string cell) => cell switch
    {
        "yes" => Verdict.Allowed,
        "-" => Verdict.Refused,
        "inside" => Verdict.Inside,
        _ => throw new InvalidDataException($"who-may-call.md: '{cell}' in the row of {call} is none of yes, -, inside."),
    };

    private static NamingField FieldOf(string text) => text.Split(':') is [var path, var kind] ? new NamingField(path, kind) : new NamingField(text, text);

    private static string[] Split(string? cell, string separator) =>
        (cell ?? "").Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string[]? Cells(string line) =>
        line.StartsWith('|') ? [.. line.Trim('|').Split('|').Select(static cell => cell.Trim())] : null;
}
