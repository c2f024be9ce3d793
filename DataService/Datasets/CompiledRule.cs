using System.Collections.Immutable;
using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>A row rule, its condition parsed.</summary>
internal sealed record CompiledRule(int Number, ImmutableArray<string> Roles, ImmutableArray<RowRule.Types.Action> Actions, PolicyExpression Condition)
{
    /// <summary>Stands for every role.</summary>
    public const string EveryRole = "*";

    public bool ForEveryRole => Roles.Contains(EveryRole);

    public static CompiledRule Of(RowRule rule, int number, PolicyExpression condition) =>
        new(number, [.. rule.Roles], rule.Actions.Count == 0 ? [RowRule.Types.Action.Read] : [.. rule.Actions], condition);

    public bool Speaks(RowRule.Types.Action action, Func<string, bool> hasRole) =>
        Actions.Contains(action) && (ForEveryRole || Roles.Any(hasRole));
}
