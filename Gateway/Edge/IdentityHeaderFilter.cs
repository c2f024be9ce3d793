namespace AiMesh.Gateway.Edge;

/// <summary>
/// Removes headers by which other systems pass on who the caller is. No service of the mesh believes one; removed at the door,
/// they cannot mislead whatever is added behind it either (G2).
/// </summary>
internal sealed class IdentityHeaderFilter(RequestDelegate next)
{
    private static readonly string[] Names =
    [
        "X-User", "X-Username", "X-Email", "X-Roles", "X-Groups", "X-Principal", "X-Organisation", "X-Organization", "X-Tenant",
        "X-Tenant-Id", "X-Authenticated-User", "X-Remote-User", "Remote-User", "X-Original-Url", "X-Rewrite-Url",
        "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token",
        "X-Client-Cert", "X-Forwarded-Client-Cert", "X-SSL-Client-Cert", "X-Ms-Client-Principal", "X-Ms-Client-Principal-Id",
    ];

    private static readonly string[] Prefixes = ["X-AiMesh-", "X-Auth-Request-", "X-User-"];

    private static readonly HashSet<string> Exact = new(Names, StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        List<string>? found = null;
        foreach (var header in context.Request.Headers)
        {
            if (IsIdentity(header.Key))
                (found ??= []).Add(header.Key);
        }

        foreach (var name in found ?? [])
            context.Request.Headers.Remove(name);
        return next(context);
    }

    private static bool IsIdentity(string header)
    {
        // All names begin so; most requests have no such header at all.
        if (header is not [('X' or 'x' or 'R' or 'r'), ..])
            return false;
        // '_' for '-': servers behind that turn headers into variables cannot tell the two apart.
        var name = header.Contains('_') ? header.Replace('_', '-') : header;
        if (Exact.Contains(name))
            return true;
        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
