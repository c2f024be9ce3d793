using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Calls;

/// <summary>A call that was answered to its end.</summary>
internal sealed record FinishedCall(Guid Id, Model Model, Prompt Prompt, ChatFinishReason Reason, TokenUsage Usage, decimal Cost);
