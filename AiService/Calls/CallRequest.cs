using AiMesh.AiService.Providers;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Calls;

/// <summary>A call of a model, ready to be made.</summary>
/// <param name="Operation">"ask" or "chat".</param>
/// <param name="Candidates">Models to try, in order; at least one.</param>
/// <param name="Guards">Decisions of guards so far, for the audit.</param>
internal sealed record CallRequest(
    Guid Id, Principal Principal, string Operation, IReadOnlyList<ModelDefinition> Candidates, IReadOnlyList<ChatMessage> Messages, ChatOptions Options,
    IReadOnlyList<string> Guards);

/// <summary>What happens during a call: one <see cref="CallStarted"/>, any number of <see cref="CallDelta"/>, one <see cref="CallDone"/>.</summary>
internal abstract record CallEvent;

internal sealed record CallStarted(ModelDefinition Model) : CallEvent;

internal sealed record CallDelta(string Text) : CallEvent;

internal sealed record CallDone(ModelDefinition Model, ChatFinishReason FinishReason, TokenCount Tokens, decimal Cost) : CallEvent;
