using System.Globalization;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Batches;

/// <summary>Tells which request of a batch an error is about (AIP-193 has no place of its own for that).</summary>
internal static class BatchErrors
{
    /// <param name="error">The error as a single call would have it.</param>
    /// <param name="list">Name of the repeated field.</param>
    /// <param name="index">From 0.</param>
    public static MeshError At(this MeshError error, string list, int index)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{list}[{index}]");
        return error with
        {
            Message = $"{place}: {error.Message}",
            Violations = [.. error.Violations.Select(v => v with { Field = $"{place}.{v.Field}" })],
            Metadata = error.Metadata.SetItem("index", index.ToString(CultureInfo.InvariantCulture)),
        };
    }
}
