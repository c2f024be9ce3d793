using Grpc.Core;
using Microsoft.Net.Http.Headers;

namespace AiMesh.DataService.Answers;

/// <summary>If-Match of a write over HTTP, in the place of the etag in the request; that one goes before.</summary>
internal static class IfMatch
{
    // No etag is spelled so: a condition that cannot hold must fail, and not count as none.
    private const string Never = "W/";

    /// <summary>The etag that the item must have, or empty for any.</summary>
    public static string Of(ServerCallContext context, string etag)
    {
        if (etag.Length > 0 || context.RequestHeaders.GetValue("if-match") is not { Length: > 0 } header) return etag;
        if (!EntityTagHeaderValue.TryParse(header, out var tag)) return Never;
        if (tag.Equals(EntityTagHeaderValue.Any)) return "";

        // Strong comparison: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1.
        return tag.IsWeak ? Never : tag.Tag.Value!.Trim('"');
    }
}
