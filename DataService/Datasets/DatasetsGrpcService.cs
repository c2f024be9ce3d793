using AiMesh.Data.V1;
using AiMesh.DataService.Paging;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.DataService.Datasets;

internal sealed class DatasetsGrpcService(DatasetEditor editor, DatasetStore store, DatasetCatalog catalog, PageTokens pageTokens) : Data.V1.Datasets.DatasetsBase
{
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 1000;
    private static readonly string[] Changeable = ["display_name", "description", "fields", "row_rules", "subject_field", "keep_rows_of_erased"];

    public override async Task<Dataset> CreateDataset(CreateDatasetRequest request, ServerCallContext context)
    {
        var principal = context.GetPrincipal();
        var wanted = request.Dataset?.Clone() ?? new Dataset();
        wanted.Id = request.DatasetId;
        wanted.Migrating = false;
        return (await editor.CreateAsync(principal, wanted, context.CancellationToken)).OrThrow().ViewFor(principal).Definition;
    }

    public override async Task<Dataset> GetDataset(GetDatasetRequest request, ServerCallContext context)
    {
        var principal = context.GetPrincipal();
        var dataset = MayRead(principal, request.Dataset) ? await store.FindAsync(principal, request.Dataset, context.CancellationToken) : null;
        return dataset?.ViewFor(principal).Definition ?? throw new NotFound("dataset", request.Dataset).ToRpcException();
    }

    public override async Task<ListDatasetsResponse> ListDatasets(ListDatasetsRequest request, ServerCallContext context)
    {
        var principal = context.GetPrincipal();
        if (request.PageSize is < 0 or > MaxPageSize) throw new InvalidField("page_size", $"expected 1 to {MaxPageSize}, or 0 for {DefaultPageSize}").ToRpcException();
        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var binding = new PageBinding(principal, "datasets");
        var after = pageTokens.Open(request.PageToken, binding).OrThrow() is [{ } last] ? last : "";

        // What the caller may not read is skipped, so a page may take several reads.
        var response = new ListDatasetsResponse();
        while (true)
        {
            var read = await store.ListAsync(principal, after, size + 1, context.CancellationToken);
            foreach (var dataset in read.Where(d => MayRead(principal, d.Definition.Id)))
            {
                if (response.Datasets.Count == size)
                {
                    response.NextPageToken = pageTokens.Seal([response.Datasets[^1].Id], binding);
                    return response;
                }

                response.Datasets.Add(dataset.ViewFor(principal).Definition);
            }

            if (read.Count <= size) return response;
            after = read[^1].Definition.Id;
        }
    }

    public override async Task<Dataset> UpdateDataset(UpdateDatasetRequest request, ServerCallContext context)
    {
        var principal = context.GetPrincipal();
        var wanted = request.Dataset ?? new Dataset();
        var mask = Mask(request.UpdateMask, wanted).OrThrow();
        var updated = (await editor.UpdateAsync(principal, wanted.Id, wanted.Etag, dataset => Apply(wanted, mask, dataset), context.CancellationToken)).OrThrow();
        return updated.ViewFor(principal).Definition;
    }

    public override async Task<DeleteDatasetResponse> DeleteDataset(DeleteDatasetRequest request, ServerCallContext context)
    {
        var deleted = (await editor.DeleteAsync(context.GetPrincipal(), request.Dataset, request.Etag, context.CancellationToken)).OrThrow();
        catalog.Forget(deleted);
        return new DeleteDatasetResponse();
    }

    private static bool MayRead(Principal principal, string dataset) =>
        DefinitionValidator.IsId(dataset) && (principal.Allows($"data:read:{dataset}") || principal.Allows("data:define"));

    private static Result<IReadOnlyCollection<string>> Mask(FieldMask? mask, Dataset wanted)
    {
        if (mask is null or { Paths.Count: 0 })
        {
            return Changeable.Where(f => f switch
            {
                "display_name" => wanted.DisplayName.Length > 0,
                "description" => wanted.Description.Length > 0,
                "fields" => wanted.Fields.Count > 0,
                "row_rules" => wanted.RowRules.Count > 0,
                "subject_field" => wanted.SubjectField.Length > 0,
                _ => wanted.KeepRowsOfErased,
            }).ToArray();
        }

        var unknown = mask.Paths.FirstOrDefault(path => !Changeable.Contains(path));
        return unknown is null ? mask.Paths : new InvalidField("update_mask", $"'{unknown}' is none of {string.Join(", ", Changeable)}");
    }

    private static void Apply(Dataset wanted, IReadOnlyCollection<string> mask, Dataset dataset)
    {
        if (mask.Contains("display_name")) dataset.DisplayName = wanted.DisplayName;
        if (mask.Contains("description")) dataset.Description = wanted.Description;
        if (mask.Contains("subject_field")) dataset.SubjectField = wanted.SubjectField;
        if (mask.Contains("keep_rows_of_erased")) dataset.KeepRowsOfErased = wanted.KeepRowsOfErased;
        if (mask.Contains("fields"))
        {
            dataset.Fields.Clear();
            dataset.Fields.Add(wanted.Fields);
        }

        if (mask.Contains("row_rules"))
        {
            dataset.RowRules.Clear();
            dataset.RowRules.Add(wanted.RowRules);
        }
    }
}
