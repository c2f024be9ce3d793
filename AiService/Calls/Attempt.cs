using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Calls;

/// <summary>One try of one model. What it has received is there also when it fails or is cancelled.</summary>
internal sealed class Attempt(Provider provider, Model model, Prompt prompt, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private UsageDetails? _usage;
    private long _receivedTokens;

    public Provider Provider { get; } = provider;

    public Model Model { get; } = model;

    public Prompt Prompt { get; } = prompt;

    /// <summary>The first piece of the answer, or its end, has arrived: from here on it is this model that answers.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>How long that took.</summary>
    public TimeSpan FirstToken { get; private set; }

    public ChatFinishReason Reason { get; private set; } = ChatFinishReason.Stop;

    public bool IsEstimated => _usage is null;

    /// <summary>As the provider counted, or by our count of what was sent and received where it did not come to that.</summary>
    public TokenUsage Usage => _usage is { } counted ? TokenUsage.From(counted) : HasBegun ? new TokenUsage(Prompt.InputTokens, _receivedTokens) : default;

    /// <exception cref="ProviderException">The provider failed.</exception>
    /// <exception cref="CallerGoneException">The observer failed.</exception>
    public async Task RunAsync(Guid callId, ICallObserver observer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => patience.Cancel(), null, Provider.FirstTokenTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await foreach (var update in Updates(patience.Token))
            {
                if (update.FinishReason is { } reason) Reason = reason;
                if (update.Contents.OfType<UsageContent>().FirstOrDefault() is { } usage) _usage = usage.Details;
                var text = update.Text;
                if (text.Length > 0 || update.FinishReason is not null)
                {
                    // A caller who reads slowly is not a provider that pauses.
                    timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    await BeginAsync(callId, observer, cancellationToken);
                    _receivedTokens += ApproximateTokens.Of(text);
                    if (text.Length > 0) await Guard(observer.ReceivedAsync(text, cancellationToken));
                }

                // Signs of life before the answer (headers, an empty first piece) do not prolong the wait for it.
                if (HasBegun) timer.Change(Provider.IdleTimeout, Timeout.InfiniteTimeSpan);
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && patience.IsCancellationRequested)
        {
            throw new ProviderException(ProviderFailure.Timeout, inner: exception);
        }
    }

    private IAsyncEnumerable<ChatResponseUpdate> Updates(CancellationToken cancellationToken) => Model.Can(Model.Streaming)
        ? Provider.Client.GetStreamingResponseAsync(Prompt.Messages, Prompt.Options, cancellationToken)
        : Whole(cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> Whole([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var response = await Provider.Client.GetResponseAsync(Prompt.Messages, Prompt.Options, cancellationToken);
        foreach (var update in response.ToChatResponseUpdates())
            yield return update;
    }

    private async Task BeginAsync(Guid callId, ICallObserver observer, CancellationToken cancellationToken)
    {
        if (HasBegun) return;
        HasBegun = true;
        FirstToken = time.GetElapsedTime(_started);
        await Guard(observer.StartedAsync(callId, Model, Prompt, cancellationToken));
    }

    // A caller that cannot be reached says nothing about the provider.
    private static async Task Guard(Task observing)
    {
        try
        {
            await observing;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new CallerGoneException(exception);
        }
    }
}
