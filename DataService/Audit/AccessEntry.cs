using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.DataService.Audit;

/// <param name="Principal">Who.</param>
/// <param name="Dataset">Id of the dataset, as far as it is known.</param>
/// <param name="DatasetId">Number of the dataset; 0 where there is none.</param>
/// <param name="Action">list, get, query, aggregate, export, create, update, delete, import, batch_get, batch_create, batch_update, batch_delete, watch, denied.</param>
/// <param name="Rule">Version of the definition and numbers of the rules that let the caller through; or why they were refused.</param>
internal sealed record AccessEntry(Principal Principal, string Dataset, long DatasetId, string Action, string Rule)
{
    public static AccessEntry Of(Principal principal, DatasetView view, string action, Data.V1.RowRule.Types.Action rule) =>
        new(principal, view.Dataset.Definition.Id, view.Dataset.Id, action, view.RuleLabel(rule));
}
