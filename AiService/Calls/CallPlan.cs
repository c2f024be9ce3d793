using System.Collections.Immutable;
using AiMesh.AiService.Providers;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AiService.Calls;

/// <summary>A call to be made.</summary>
/// <param name="Caller">For whom.</param>
/// <param name="Operation">"ask" or "chat".</param>
/// <param name="Candidates">Models that may answer, best first; at least one.</param>
/// <param name="Prepare">Makes the prompt for a model: how much fits, and what it may see, differs.</param>
internal sealed record CallPlan(Principal Caller, string Operation, ImmutableArray<Model> Candidates, Func<Model, Prompt> Prepare);
