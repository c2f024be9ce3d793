using System.Globalization;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.AuthService.Revocations;

/// <summary>
/// The public list of revocations, like a CRL. Always read from the database: an answer that a cache held back for a second would
/// be missing from the two seconds in which every service must know.
/// </summary>
internal static class RevokedEndpoint
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet(RevocationDocument.Path, GetAsync);

    private static async Task<IResult> GetAsync(HttpContext context, RevocationStore store, string? after, CancellationToken cancellationToken)
    {
        if (!long.TryParse(after ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new InvalidField("after", "must be the sequence of an earlier answer").ToProblem();

        context.Response.Headers.CacheControl = "no-store";
        return Results.Bytes((await store.ListAfterAsync(number, cancellationToken)).ToJson(), "application/json");
    }
}
