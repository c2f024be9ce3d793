using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Short spellings.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonArray List(IEnumerable<string> values) => new([.. values.Select(static value => JsonValue.Create(value))]);

    public static JsonArray Vector(float[] values) => new([.. values.Select(static value => JsonValue.Create(value))]);

    /// <summary>A text in quotes, as Milvus' expressions and GraphQL write it too.</summary>
    public static string Quote(string value) => JsonSerializer.Serialize(value, Plain);
}

internal static class VectorBatches
{
    /// <summary>Vectors in one request: each of the stores takes so many, with their size below what they allow.</summary>
    public const int Size = 200;
}
