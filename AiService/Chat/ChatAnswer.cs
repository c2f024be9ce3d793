using System.Text;
using AiMesh.AiService.Calls;

namespace AiMesh.AiService.Chat;

/// <summary>Collects an answer, and passes its pieces on where somebody wants them.</summary>
internal sealed class ChatAnswer(Func<string, CancellationToken, Task>? passOn = null) : ICallObserver
{
    private readonly StringBuilder _text = new();

    public string Answer => _text.ToString();

    public Task StartedAsync(Guid callId, Providers.Model model, Prompt prompt, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ReceivedAsync(string piece, CancellationToken cancellationToken)
    {
        _text.Append(piece);
        return passOn?.Invoke(piece, cancellationToken) ?? Task.CompletedTask;
    }
}
