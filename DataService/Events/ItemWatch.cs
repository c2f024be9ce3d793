using System.Diagnostics;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Paging;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Events;

/// <summary>
/// Streams changes of a dataset as one caller sees them. Live and resumed are the same: read events from a place on, and wait where there are none.
/// </summary>
internal sealed class ItemWatch(WatchReader reader, EventHub hub, PageTokens tokens, AccessTokenVerifier verifier, WatchSettings settings)
{
    private static readonly TimeSpan TokenCheckInterval = TimeSpan.FromSeconds(1);

    /// <param name="principal">Who watches.</param>
    /// <param name="token">What they came with.</param>
    /// <param name="request">What for.</param>
    /// <param name="write">Sends one message.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<Result<Empty>> RunAsync(
        Principal principal, WatchToken token, WatchItemsRequest request, Func<WatchItemsResponse, Task> write, CancellationToken cancellationToken)
    {
        var binding = new PageBinding(principal, "watch", request.Dataset, request.Filter);
        if (!tokens.Open(request.ResumeToken, binding).TryGet(out var parts, out _)) return new InvalidField("resume_token", "expected the token of a message of the same watch");
        var place = parts is [{ } sight, { } position] ? new WatchPlace(sight, long.Parse(position, CultureInfo.InvariantCulture)) : null;
        using var subscription = hub.Subscribe(principal.Organisation, request.Dataset);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, settings.Stopping);
        Stopwatch? sinceHeartbeat = null;
        try
        {
            while (true)
            {
                if (await token.CheckAsync(verifier, ended.Token) is { } refused) return refused;
                if (!(await reader.NextAsync(principal, request, place, ended.Token)).TryGet(out var step, out var error)) return error;
                foreach (var (message, at) in step.Found)
                {
                    message.ResumeToken = Seal(step.Next with { Position = at }, binding);
                    await write(message);
                }

                place = step.Next;
                if (step.HasMore) continue;
                if (sinceHeartbeat is null || sinceHeartbeat.Elapsed >= settings.Heartbeat)
                {
                    // By the clock alone: were it sent when something was read, it would tell of changes that the caller does not see.
                    await write(new WatchItemsResponse { Change = WatchItemsResponse.Types.Change.CaughtUp, ResumeToken = Seal(place, binding) });
                    sinceHeartbeat = Stopwatch.StartNew();
                }

                while (sinceHeartbeat.Elapsed < settings.Heartbeat && !await subscription.WaitAsync(TokenCheckInterval, ended.Token))
                {
                    if (await token.CheckAsync(verifier, ended.Token) is { } refusedMeanwhile) return refusedMeanwhile;
                }
            }
        }
        catch (OperationCanceledException) when (settings.Stopping.IsCancellationRequested)
        {
            return new Unavailable("this replica");
        }
    }

    private string Seal(WatchPlace place, PageBinding binding) => tokens.Seal([place.Sight, place.Position.ToString(CultureInfo.InvariantCulture)], binding, repeatable: false);
}

/// <param name="Heartbeat">How often a stream says where it is.</param>
/// <param name="Stopping">The replica ends: its streams end with it, and their callers find another.</param>
internal sealed record WatchSettings(TimeSpan Heartbeat, CancellationToken Stopping)
{
    public static WatchSettings Of(IServiceProvider services) => new(
        services.GetRequiredService<IOptions<EventOptions>>().Value.Heartbeat, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
}
