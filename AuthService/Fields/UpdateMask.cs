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

        var named = mask.Paths.Select(ToProtoName).ToFrozenSet(StringComparer.Ordinal);
        return named.All(path => allowed.Any(field => field.Field == path))
            ? named
            : new InvalidField("update_mask", $"may name {string.Join(", ", allowed.Select(static field => field.Field))}");
    }

    /// <summary>In a JSON body masks arrive as the proto spells fields, in a query string as JSON does ("displayName").</summary>
    private static string ToProtoName(string path) =>
        string.Concat(path.Select(static character => char.IsAsciiLetterUpper(character) ? $"_{char.ToLowerInvariant(character)}" : $"{character}"));
}
