using System.Text.RegularExpressions;

namespace Aspire.Hosting.Logs;

/// <summary>Lines of many sources on one console, each with its source in front.</summary>
internal static partial class ConsoleOutput
{
    private const string Reset = "\e[0m";
    private static readonly string[] Colours = ["\e[36m", "\e[33m", "\e[32m", "\e[35m", "\e[34m", "\e[96m", "\e[93m", "\e[92m", "\e[95m", "\e[94m"];
    private static readonly Dictionary<string, string> Given = [];
    private static readonly Lock Lock = new();

    private static bool IsColoured { get; } =
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static void WriteLine(string source, string line)
    {
        lock (Lock)
        {
            if (IsColoured)
                Console.Out.WriteLine($"{ColourOf(source)}[{source}]{Reset} {line}");
            else
                Console.Out.WriteLine($"[{source}] {EscapeSequence().Replace(line, "")}");
        }
    }

    public static void WriteBlock(IEnumerable<string> lines)
    {
        lock (Lock)
        {
            foreach (var line in lines)
                Console.Out.WriteLine(line);
        }
    }

    public static string Coloured(string text, string escape) => IsColoured ? $"{escape}{text}{Reset}" : text;

    private static string ColourOf(string source)
    {
        if (!Given.TryGetValue(source, out var colour))
            Given[source] = colour = Colours[Given.Count % Colours.Length];

        return colour;
    }

    // Colours of a process are noise in a file.
    [GeneratedRegex("\e\\[[0-9;]*[A-Za-z]")]
    private static partial Regex EscapeSequence();
}
