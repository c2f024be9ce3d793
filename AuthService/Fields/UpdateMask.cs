using System.Collections.Frozen;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.Fields;

/// <summary>Which fields an update changes (AIP-134).</summary>
internal static class UpdateMask
{
    /// <summary>The fields that the mask names: all for "*", those that are set where it is empty.</summary>
    /// <param name="mask">As the caller sent it.</param>
    /// <param name="fields">The fields that may be updated, and whether each is set in the request.</param>
    public static Result<FrozenSet<string>> Resolve(FieldMask? mask, params ReadOnlySpan<(string Field, bool IsSet)> fields)
    {
        var allowed = fields.ToArray();
        if (mask is null || mask.Paths.Count == 0) return allowed.Where(static field => field.IsSet).Select(static field => field.Field).ToFrozenSet(StringComparer.Ordinal);
        if (mask.Paths is ["*"]) return allowed.Select(static field => field.Field).ToFrozenSet(StringComparer.Ordinal);

        foreach (var path in mask.Paths)
        {
            if (!allowed.Any(field => field.Field == path))
                return new InvalidField("update_mask", $"may name {string.Join(", ", allowed.Select(static field => field.Field))}");
        }

        return mask.Paths.ToFrozenSet(StringComparer.Ordinal);
    }
}
