using System.Collections.Immutable;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>What is wrong in a filter or rule.</summary>
/// <param name="Position">Character at fault, from 1.</param>
/// <param name="Message">What is wrong and what is expected; never holds a value of a row.</param>
public sealed record PolicyError(int Position, string Message)
{
    /// <summary>As the sender of the filter reads it.</summary>
    public override string ToString() => $"position {Position}: {Message}";
}

/// <summary>A checked expression, or everything that is wrong with it.</summary>
/// <param name="Expression">Set exactly when <paramref name="Errors"/> is empty.</param>
/// <param name="Errors">In order of position.</param>
public sealed record PolicyParseResult(PolicyExpression? Expression, ImmutableArray<PolicyError> Errors);
