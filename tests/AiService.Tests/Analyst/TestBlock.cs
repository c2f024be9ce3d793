using System.Text;
using System.Text.Json.Nodes;

namespace AiMesh.AiService.Tests.Analyst;

/// <summary>Writes the block of rows as prompts hold it.</summary>
internal static class TestBlock
{
    public static string Write(string id, string name, IEnumerable<JsonObject> rows, params (string Name, string Type)[] fields)
    {
        var list = rows.ToList();
        var header = new JsonObject
        {
            ["#table"] = id,
            ["name"] = name,
            ["rows"] = list.Count,
            ["fields"] = new JsonObject(fields.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)JsonValue.Create(f.Type)))),
        };
        var text = new StringBuilder("```rows\n").Append(header.ToJsonString()).Append('\n');
        foreach (var row in list)
            text.Append(row.ToJsonString()).Append('\n');
        return text.Append("```\n").ToString();
    }
}
