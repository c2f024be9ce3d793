using System.Text.Json;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>Reads fields of what strangers wrote: a value of another type, or one that no string can hold, is not there.</summary>
internal static class JsonFields
{
    public static string? Text(this JsonElement element, string name) => element.TryGetProperty(name, out var value) ? TextOf(value) : null;

    public static bool? Flag(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    /// <summary>A NumericDate of RFC 7519, fractions cut off.</summary>
    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;

    /// <summary>The strings of a list; null when it is none, or holds anything else.</summary>
    public static string[]? Texts(this JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array) return null;
        var texts = list.EnumerateArray().Select(TextOf).OfType<string>().ToArray();
        return texts.Length == list.GetArrayLength() ? texts : null;
    }

    public static string? TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // Half a surrogate pair, or bytes that are not UTF-8.
        }
    }
}
