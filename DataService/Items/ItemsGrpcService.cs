using AiMesh.Data.V1;
using AiMesh.DataService.Aggregates;
using AiMesh.DataService.Answers;
using AiMesh.DataService.Batches;
using AiMesh.DataService.Events;
using AiMesh.DataService.Export;
using AiMesh.DataService.Import;
using AiMesh.DataService.Search;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Grpc.Core;

namespace AiMesh.DataService.Items;

internal sealed class ItemsGrpcService(ItemReader reader, ItemEditor editor, BulkItems bulk, ItemQueries queries, ItemWatch watch) : Data.V1.Items.ItemsBase
{
    public override async Task<ListItemsResponse> ListItems(ListItemsRequest request, ServerCallContext context)
    {
        var answers = AnswerExchange.Of(context);
        var page = (await reader.ListAsync(context.GetPrincipal(), request, answers, context.CancellationToken)).OrThrow();
        if (answers is null) return page.ToMessage();
        answers.Write(page, static (writer, page) => page.Write(writer));
        return new ListItemsResponse();
    }

    public override async Task QueryItems(QueryItemsRequest request, IServerStreamWriter<QueryItemsResponse> responseStream, ServerCallContext context) =>
        (await reader.QueryAsync(context.GetPrincipal(), request, message => responseStream.WriteAsync(message, context.CancellationToken), context.CancellationToken)).OrThrow();

    public override async Task<Item> GetItem(GetItemRequest request, ServerCallContext context)
    {
        var answers = AnswerExchange.Of(context);
        var found = (await reader.GetAsync(context.GetPrincipal(), request, answers, context.CancellationToken)).OrThrow();
        if (answers is null) return found.ToItem();
        answers.Write(found, static (writer, found) => found.WriteItem(writer));
        return new Item();
    }

    public override async Task<Item> CreateItem(CreateItemRequest request, ServerCallContext context) =>
        (await editor.CreateAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<Item> UpdateItem(UpdateItemRequest request, ServerCallContext context)
    {
        if (request.Item is { } item) item.Etag = IfMatch.Of(context, item.Etag);
        return (await editor.UpdateAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();
    }

    public override async Task<DeleteItemResponse> DeleteItem(DeleteItemRequest request, ServerCallContext context)
    {
        request.Etag = IfMatch.Of(context, request.Etag);
        (await editor.DeleteAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();
        return new DeleteItemResponse();
    }

    public override async Task<ImportItemsResponse> ImportItems(ImportItemsRequest request, ServerCallContext context) =>
        (await bulk.Importer.ImportAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task StreamImportItems(ImportItemsRequest request, IServerStreamWriter<StreamImportItemsResponse> responseStream, ServerCallContext context)
    {
        var last = new StreamImportItemsResponse();
        last.Result = (await bulk.Importer.ImportAsync(context.GetPrincipal(), request, ReportAsync, context.CancellationToken)).OrThrow();
        await responseStream.WriteAsync(last, context.CancellationToken);

        Task ReportAsync(int total, int done)
        {
            (last.TotalCount, last.DoneCount) = (total, done);
            return responseStream.WriteAsync(last, context.CancellationToken);
        }
    }

    public override async Task ExportItems(ExportItemsRequest request, IServerStreamWriter<ExportItemsResponse> responseStream, ServerCallContext context) =>
        (await bulk.Exporter.ExportAsync(
            context.GetPrincipal(), request, bytes => responseStream.WriteAsync(new ExportItemsResponse { Chunk = ByteString.CopyFrom(bytes.Span) }, context.CancellationToken), context.CancellationToken)).OrThrow();

    public override async Task<AggregateItemsResponse> AggregateItems(AggregateItemsRequest request, ServerCallContext context) =>
        (await queries.Aggregator.AggregateAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<BatchGetItemsResponse> BatchGetItems(BatchGetItemsRequest request, ServerCallContext context) =>
        (await bulk.Batches.GetAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<BatchCreateItemsResponse> BatchCreateItems(BatchCreateItemsRequest request, ServerCallContext context) =>
        (await bulk.Batches.CreateAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<BatchUpdateItemsResponse> BatchUpdateItems(BatchUpdateItemsRequest request, ServerCallContext context) =>
        (await bulk.Batches.UpdateAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<BatchDeleteItemsResponse> BatchDeleteItems(BatchDeleteItemsRequest request, ServerCallContext context) =>
        (await bulk.Batches.DeleteAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<SearchItemsResponse> SearchItems(SearchItemsRequest request, ServerCallContext context) =>
        (await queries.Search.SearchAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task WatchItems(WatchItemsRequest request, IServerStreamWriter<WatchItemsResponse> responseStream, ServerCallContext context) =>
        (await watch.RunAsync(context.GetPrincipal(), WatchToken.Of(context), request, message => responseStream.WriteAsync(message, context.CancellationToken), context.CancellationToken)).OrThrow();
}

/// <summary>What works on many items at once.</summary>
internal sealed record BulkItems(ItemImporter Importer, ItemExporter Exporter, ItemBatches Batches);

/// <summary>What finds and counts items other than one by one.</summary>
internal sealed record ItemQueries(ItemAggregator Aggregator, ItemSearch Search);
