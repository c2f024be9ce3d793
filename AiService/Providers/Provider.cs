using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Providers;

/// <summary>Somebody who answers for models.</summary>
/// <param name="Name">Lower-case letters, digits and '_'.</param>
/// <param name="Client">Speaks to it; <see cref="ChatOptions.ModelId"/> says which model.</param>
/// <param name="Models">What it serves.</param>
/// <param name="LeavesTheMesh">Prompts go to somebody else's machine: personal data stays out of them.</param>
internal sealed record Provider(string Name, IChatClient Client, ImmutableArray<Model> Models, bool LeavesTheMesh)
{
    /// <summary>How long the first piece of an answer may take before the next candidate is tried.</summary>
    public TimeSpan FirstTokenTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a begun answer may pause before it counts as broken.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a principal must hold to have its models answer.</summary>
    public string Permission { get; } = $"ai:use_{Name}";
}
