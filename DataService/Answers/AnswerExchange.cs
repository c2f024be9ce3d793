using System.Collections.Immutable;
using System.Text.Json;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace AiMesh.DataService.Answers;

/// <summary>
/// What a request that is read over HTTP says and learns about answers that the gateway keeps. It keeps none for the caller: whether one fits is
/// decided here, for each request, after the same checks as any other read, and is recorded as one.
/// </summary>
internal sealed class AnswerExchange(AnswerLabels labels, ImmutableArray<string> offered)
{
    /// <summary>Labels of the answers that the gateway keeps for this address, divided by commas; or <see cref="None"/>.</summary>
    public const string OfferedHeader = "X-AiMesh-Answers";

    /// <summary>The label of this answer; with 304, of the kept one that is still the answer.</summary>
    public const string LabelHeader = "X-AiMesh-Answer";

    public const string None = "none";

    private const int MaxOffered = 16;

    /// <summary>The label to send; null where the answer is not to be kept.</summary>
    public string? Label { get; private set; }

    /// <summary>The kept answer is still the answer; what the RPC returns is not sent.</summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>The entity tag, where the answer has one of its own.</summary>
    public string? EntityTag { get; set; }

    /// <summary>The body, in the place of what the RPC returns; null where that is sent.</summary>
    public AnswerBody? Body { get; private set; }

    /// <summary>Of a request that may be answered so; otherwise null.</summary>
    public static AnswerExchange? Of(ServerCallContext context) => context.GetHttpContext().Features.Get<AnswerExchange>();

    public static AnswerExchange Of(HttpRequest request, AnswerLabels labels) =>
        new(labels, [.. request.Headers[OfferedHeader].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(MaxOffered)]);

    /// <summary>The gateway would keep the answer.</summary>
    public bool IsWanted => !offered.IsEmpty;

    /// <summary>The offered label that was given out for one of these queries.</summary>
    public AnswerLabel? Find(params ReadOnlySpan<string> queries)
    {
        foreach (var query in queries)
        {
            foreach (var text in offered)
                if (labels.Read(query, text) is { } label) return label;
        }

        return null;
    }

    public void Confirm(AnswerLabel label) => (IsConfirmed, Label) = (true, label.Text);

    /// <summary>Writes the body straight, unless nothing is to be sent.</summary>
    public void Write<T>(T content, Action<Utf8JsonWriter, T> write)
    {
        if (!IsConfirmed) Body = AnswerBody.Of(content, write);
    }

    /// <param name="query">What decides over the answer.</param>
    /// <param name="version">Null where nobody can say: then the answer is not to be kept.</param>
    /// <param name="count">Items in it.</param>
    public void Give(string query, long? version, long count)
    {
        if (IsWanted && version is { } known) Label = labels.Write(query, known, count);
    }
}
