using System.Collections.Immutable;
using AiMesh.AiService.Ask.Citations;
using AiMesh.AiService.Calls;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Ask.Packing;

/// <summary>The prompt of a question, with what it takes to understand the answer.</summary>
/// <param name="Messages">Instructions, data, question.</param>
/// <param name="Options">Model and bound of the answer.</param>
/// <param name="Rows">The rows that were given, by their ids in the prompt.</param>
/// <param name="Notices">What the caller should know.</param>
internal sealed record AskPrompt(
    IReadOnlyList<ChatMessage> Messages, ChatOptions Options, IReadOnlyDictionary<string, PackedRow> Rows, ImmutableArray<string> Notices)
    : Prompt(Messages, Options);
