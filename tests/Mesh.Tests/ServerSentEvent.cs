namespace AiMesh.Mesh.Tests;

/// <summary>https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as the mesh uses it.</summary>
public sealed record ServerSentEvent(string Name, string Data)
{
    public static IReadOnlyList<ServerSentEvent> Parse(string stream)
    {
        var events = new List<ServerSentEvent>();
        foreach (var block in stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.Split('\n');
            var data = lines.Where(line => line.StartsWith("data:", StringComparison.Ordinal)).Select(line => line[5..].TrimStart()).ToList();
            var name = lines.FirstOrDefault(line => line.StartsWith("event:", StringComparison.Ordinal))?[6..].Trim() ?? "message";
            if (data.Count > 0)
                events.Add(new ServerSentEvent(name, string.Join('\n', data)));
        }

        return events;
    }
}
