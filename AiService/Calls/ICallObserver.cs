using AiMesh.AiService.Providers;

namespace AiMesh.AiService.Calls;

/// <summary>Who receives an answer as it comes. An exception from it means that the caller has gone.</summary>
internal interface ICallObserver
{
    /// <summary>Once, before the first piece: this model answers, with this prompt.</summary>
    Task StartedAsync(Guid callId, Model model, Prompt prompt, CancellationToken cancellationToken);

    Task ReceivedAsync(string piece, CancellationToken cancellationToken);

    /// <summary>The text that was passed on to the caller so far.</summary>
    string Answer { get; }
}
