using System.Net.WebSockets;
using System.Text;
using AiMesh.IoTIngest.Devices;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;

namespace AiMesh.IoTIngest.Live;

/// <summary>
/// <c>GET /api/iot/live?device=</c> as a WebSocket: one text message of JSON for each WatchReadingsResponse. What protobuf cannot say;
/// the same access rule as WatchReadings.
/// </summary>
internal static class LiveEndpoint
{
    // Formats fields that are unset as well, so that a page may rely on `skipped`.
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    public static void MapLive(this WebApplication app)
    {
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(20), KeepAliveTimeout = TimeSpan.FromSeconds(20) });
        app.MapGet("/api/iot/live", HandleAsync).RequireSignIn();
    }

    private static async Task<IResult> HandleAsync(HttpContext httpContext, LiveHub hub, DeviceStore devices, IHostApplicationLifetime lifetime, string? device = null)
    {
        var principal = httpContext.GetPrincipal();
        var wanted = device ?? "";
        var permission = $"iot:read:{(wanted.Length == 0 ? "*" : wanted)}";
        if (!principal.Allows(permission))
            return new PermissionDenied(permission).ToProblem();

        if (wanted.Length > 0 && await devices.FindAsync(principal.Organisation, wanted, httpContext.RequestAborted) is null)
            return new NotFound("device", wanted).ToProblem();

        if (!httpContext.WebSockets.IsWebSocketRequest)
            return new InvalidField("upgrade", "expected a WebSocket").ToProblem();

        using var subscription = hub.Subscribe(principal.Organisation, wanted);
        using var socket = await httpContext.WebSockets.AcceptWebSocketAsync();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, lifetime.ApplicationStopping);
        await Task.WhenAll(SendAsync(socket, subscription, ended), ReceiveAsync(socket, ended));
        await CloseAsync(socket);
        return Results.Empty;
    }

    private static async Task SendAsync(WebSocket socket, LiveSubscription subscription, CancellationTokenSource ended)
    {
        try
        {
            while (true)
            {
                var message = await subscription.TakeAsync(ended.Token);
                await socket.SendAsync(Encoding.UTF8.GetBytes(Formatter.Format(message)), WebSocketMessageType.Text, endOfMessage: true, ended.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            await ended.CancelAsync();
        }
    }

    /// <summary>A watcher has nothing to say; reading is how one hears that it has gone.</summary>
    private static async Task ReceiveAsync(WebSocket socket, CancellationTokenSource ended)
    {
        var buffer = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), ended.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // Gone without a farewell: ended below like any other.
        }

        await ended.CancelAsync();
    }

    private static async Task CloseAsync(WebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;

        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            socket.Abort();
        }
    }
}
