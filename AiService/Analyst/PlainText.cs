using System.Text.RegularExpressions;
using AiMesh.AiService.Analyst.Answers;

namespace AiMesh.AiService.Analyst;

/// <summary>The one thing the analyst does without rows: quote the most telling sentences of a text ("Summarise: …").</summary>
internal static partial class PlainText
{
    private const int ShortestText = 200;

    public static string? Read(string message)
    {
        var request = Request().Match(message);
        return request.Success && message.Length - request.Length >= ShortestText ? Summaries.Extract(message[request.Length..]) : null;
    }

    [GeneratedRegex(@"^\s*(please\s+)?(summari[sz]e|give\s+(me\s+)?a\s+summary\s+of)\b[^:\n]{0,60}[:\n]", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Request();
}
