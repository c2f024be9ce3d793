using System.Text;
using AiMesh.DataService.Datasets;

namespace AiMesh.DataService.Export;

/// <summary>A field that is exported, and at which place.</summary>
internal sealed record ExportColumn(ViewField Field, int Place)
{
    /// <summary>As it stands before a value in JSON. Names of fields have nothing to escape.</summary>
    public byte[] JsonName { get; } = Encoding.UTF8.GetBytes($"\"{Field.Name}\":");
}
