using System.Text.Json;

namespace AiMesh.DataService.Search.Index;

/// <summary>The texts of a field's value.</summary>
internal static class SearchedText
{
    public static IEnumerable<string> Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().Where(static element => element.ValueKind == JsonValueKind.String).Select(static element => element.GetString()!),
        _ => [],
    };
}
