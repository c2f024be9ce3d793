using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Settings;

namespace AiMesh.Gateway.Addresses;

/// <summary>
/// Settles who the client is before anything else asks: the peer of the connection or, behind trusted proxies, whom they name. Then the
/// allow and deny lists decide (G6). Forwarding headers never go further; services get those that the gateway itself sets.
/// </summary>
internal sealed class AddressGuard(RequestDelegate next, LiveSettings live)
{
    public Task InvokeAsync(HttpContext context)
    {
        var lists = live.Current.Addresses;
        var headers = context.Request.Headers;
        if (context.Connection.RemoteIpAddress is { } peer && lists.IsTrustedProxy(peer))
        {
            if (ForwardedChain.FindClient(lists, headers["Forwarded"], headers["X-Forwarded-For"]) is { } client)
                context.Connection.RemoteIpAddress = client;
            if (headers["X-Forwarded-Proto"] is [{ } scheme] && scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
                context.Request.Scheme = "https";
        }

        headers.Remove("Forwarded");
        headers.Remove("X-Forwarded-For");
        headers.Remove("X-Forwarded-Proto");
        headers.Remove("X-Real-IP");
        return context.Connection.RemoteIpAddress is { } address && !lists.MayConnect(address)
            ? EdgeProblem.WriteAsync(context, StatusCodes.Status403Forbidden)
            : next(context);
    }
}
