using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>
/// The second lock behind the handshake: a request that came in without a peer, through a listener that nobody thought of, is refused; and a
/// connection does not outlive the certificate that it was made with.
/// </summary>
internal sealed partial class PeerGate(IOptions<MeshCertificateOptions> options, TimeProvider time, ILogger<PeerGate> logger) : IStartupFilter
{
    private readonly TimeSpan _clockSkew = options.Value.ClockSkew;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (options.Value.Mode == MeshCertificateMode.Mutual) app.Use(Check);
        next(app);
    };

    private Task Check(HttpContext httpContext, RequestDelegate next)
    {
        if (httpContext.GetMeshPeer() is not { } peer)
        {
            if (ProbeListener.IsProbe(httpContext)) return next(httpContext);
            Log.NoPeer(logger, httpContext.Connection.LocalPort);
            return Refuse(httpContext);
        }

        var now = time.GetUtcNow();
        if (now < peer.LeaveAt) return next(httpContext);

        // The peer connects anew, with the certificate that it has by now, and no request is lost over it.
        httpContext.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        if (now <= peer.NotAfter + _clockSkew) return next(httpContext);
        Log.Ended(logger, peer.Service, peer.NotAfter);
        return Refuse(httpContext);
    }

    private static Task Refuse(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A request came in on port {Port}, where no certificate is asked for, and was refused")]
        public static partial void NoPeer(ILogger logger, int port);

        [LoggerMessage(2, LogLevel.Warning, "A request of '{Service}' was refused: the certificate of its connection ended at {End:u}")]
        public static partial void Ended(ILogger logger, string service, DateTimeOffset end);
    }
}
