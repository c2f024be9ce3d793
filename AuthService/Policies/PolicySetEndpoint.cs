using System.Globalization;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.AuthService.Policies;

/// <summary>
/// The policies of all organisations, for services of the mesh, which prove themselves by certificate; the gateway has no route to it. Always read from the
/// database, so that nothing is missing from the two seconds in which every service must know.
/// </summary>
internal static class PolicySetEndpoint
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet(AccessPolicyDocument.Path, GetAsync);

    private static async Task<IResult> GetAsync(HttpContext context, AuthDatabase database, string? after, CancellationToken cancellationToken)
    {
        if (!long.TryParse(after ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new InvalidField("after", "must be the sequence of an earlier answer").ToProblem();

        context.Response.Headers.CacheControl = "no-store";
        return Results.Bytes((await PolicyStore.ListAfterAsync(database, number, cancellationToken)).ToJson(), "application/json");
    }
}
