using Yarp.ReverseProxy.Forwarder;

namespace AiMesh.Gateway.Resilience;

/// <summary>
/// What logs say of a request that a service did not answer: one line. The proxy's own message has a stack, which is always the same one and comes
/// with every request of an outage; it is switched off in appsettings.json.
/// </summary>
internal static class FailureText
{
    /// <summary>The first cause, such as "Connection refused".</summary>
    public static string Reason(this IForwarderErrorFeature failure) => failure.Exception?.GetBaseException().Message.ReplaceLineEndings(" ") ?? "no cause is known";

    /// <summary>Where the request was sent.</summary>
    public static string DestinationOf(HttpContext context) => context.GetReverseProxyFeature().ProxiedDestination?.Model.Config.Address ?? "none";
}
