using System.Runtime.CompilerServices;
using AiMesh.AiService.Analyst.Answers;
using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Providers;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Analyst;

/// <summary>
/// The built-in model "local/analyst". It gets the same messages as any other model, finds the tables in them and computes the
/// answer to the last message. Nothing leaves the process.
/// </summary>
internal sealed class AnalystChatClient(TimeProvider time) : IChatClient
{
    /// <summary>Length of a streamed piece, in characters; pieces end between words.</summary>
    private const int PieceLength = 24;

    private const int CharactersPerToken = 4;

    private readonly QuestionAnswerer _answerer = new(time);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var conversation = messages.ToList();

        // Thousands of rows take a while to compute over; the caller's thread is not the place.
        var text = await Task.Run(() => Respond(conversation), cancellationToken);
        var (kept, reason) = Limit(text, options);
        foreach (var piece in Pieces(kept))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece);
        }

        var usage = new UsageDetails { InputTokenCount = ApproximateTokens.Of(conversation), OutputTokenCount = ApproximateTokens.Of(kept) };
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(usage)]) { FinishReason = reason };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private string Respond(List<ChatMessage> conversation)
    {
        var tables = new List<Table>();
        var last = "";
        foreach (var message in conversation.Where(m => m.Role == ChatRole.User))
            tables.AddRange(ContextReader.Read(message.Text, out last));

        if (tables.Count == 0 && PlainText.Read(last) is { } summary) return summary;

        var answer = _answerer.Answer(tables, last);
        var marked = !answer.Answered && conversation.Exists(m => m.Role == ChatRole.System && m.Text.Contains(Markers.NoAnswer, StringComparison.Ordinal));
        return marked ? $"{Markers.NoAnswer} {answer.Text}" : answer.Text;
    }

    private static (string Text, ChatFinishReason Reason) Limit(string text, ChatOptions? options)
    {
        foreach (var stop in options?.StopSequences ?? [])
        {
            if (stop.Length > 0 && text.IndexOf(stop, StringComparison.Ordinal) is >= 0 and var index)
                text = text[..index];
        }

        var most = (long)(options?.MaxOutputTokens ?? int.MaxValue) * CharactersPerToken;
        if (text.Length <= most) return (text, ChatFinishReason.Stop);

        // Never half of a surrogate pair.
        var length = (int)most;
        return (text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)], ChatFinishReason.Length);
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var space = start + PieceLength < text.Length ? text.IndexOf(' ', start + PieceLength) : -1;
            var end = space < 0 ? text.Length : space;
            yield return text[start..end];
            start = end;
        }
    }
}
