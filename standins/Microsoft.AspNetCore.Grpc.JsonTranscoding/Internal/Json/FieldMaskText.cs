using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Field masks in JSON: paths in lowerCamelCase, joined by commas.</summary>
internal static class FieldMaskText
{
    /// <exception cref="InvalidOperationException">A path does not survive the way to lowerCamelCase and back.</exception>
    public static string Format(FieldMask mask)
    {
        var paths = mask.Paths.Select(path => (Path: path, Camel: ToCamel(path))).ToArray();
        if (Array.Find(paths, pair => ToSnake(pair.Camel) != pair.Path) is { Path: { } wrong })
            throw new InvalidOperationException($"The path '{wrong}' of a field mask cannot be written as JSON.");
        return string.Join(',', paths.Select(pair => pair.Camel));
    }

    public static bool TryParse(string text, out FieldMask mask)
    {
        mask = new FieldMask();
        // An underscore cannot come from a lowerCamelCase name; taking it would give two spellings to one path.
        if (text.Contains('_', StringComparison.Ordinal))
            return false;
        if (text.Length > 0)
            mask.Paths.AddRange(text.Split(',').Select(ToSnake));
        return !mask.Paths.Contains("");
    }

    private static string ToCamel(string path)
    {
        var camel = new StringBuilder(path.Length);
        var upper = false;
        foreach (var c in path)
        {
            if (c == '_')
            {
                upper = true;
                continue;
            }

            camel.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }

        return camel.ToString();
    }

    private static string ToSnake(string path)
    {
        var snake = new StringBuilder(path.Length + 4);
        foreach (var c in path)
        {
            if (char.IsAsciiLetterUpper(c))
                snake.Append('_').Append(char.ToLowerInvariant(c));
            else
                snake.Append(c);
        }

        return snake.ToString();
    }
}
