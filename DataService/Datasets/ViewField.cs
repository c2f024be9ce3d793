using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>A field that a caller sees.</summary>
internal sealed record ViewField(string Name, PolicyType Type, bool Required)
{
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    public JsonEncodedText JsonName { get; } = JsonEncodedText.Encode(Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
}
