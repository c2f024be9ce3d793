using System.Collections.Frozen;
using AiMesh.Data.V1;
using AiMesh.DataService.Answers;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Paging;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Items;

/// <summary>Answers lists, streams and single items.</summary>
internal sealed class ItemReader(DatasetCatalog catalog, ItemStore store, AccessLog accessLog, PageTokens pageTokens)
{
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 1000;
    private const int MaxPageBytes = 3 * 1024 * 1024;
    private const int DefaultLimit = 10_000;
    private const int MaxLimit = 100_000;
    private const int BatchSize = 500;
    private const int MaxBatchBytes = 1024 * 1024;

    public Task<Result<ItemPage>> ListAsync(Principal principal, ListItemsRequest request, AnswerExchange? answers, CancellationToken cancellationToken) =>
        catalog.UseAsync<ItemPage>(principal, request.Dataset, async view =>
        {
            if (request.PageSize is < 0 or > MaxPageSize) return new InvalidField("page_size", $"expected 1 to {MaxPageSize}, or 0 for {DefaultPageSize}");
            var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
            if (!Query(principal, view, request.Filter, request.OrderBy).TryGet(out var query, out var error)) return error;
            if (!FieldNames.ReadMask(request.ReadMask, view).TryGet(out var mask, out error)) return error;
            var binding = new PageBinding(principal, "items", view.Dataset.Table, request.Filter, request.OrderBy);
            if (!pageTokens.Open(request.PageToken, binding).TryGet(out var after, out error)) return error;

            query = query with { After = after, Limit = size + 1 };
            var (shared, personal) = Names(query, mask, answers, "list");
            if (await IsStillTheAnswerAsync(query, "list", answers, request.PageToken.Length > 0 ? [personal] : [shared, personal], cancellationToken)) return new ItemPage(view, mask, [], "");
            var (items, version) = await store.ReadAsync(query, "list", size, answers?.IsWanted == true, cancellationToken);
            var (taken, nextPageToken) = (FittingOnPage(items, size), "");
            if (taken < items.Count)
            {
                var last = items[taken - 1];
                nextPageToken = pageTokens.Seal(ItemJson.Position(last.Fields, query.Order, last.Id), binding);
            }

            // A page token is good for its caller alone, so is an answer with one.
            answers?.Give(request.PageToken.Length > 0 || nextPageToken.Length > 0 ? personal : shared, version, Math.Min(items.Count, size));
            return new ItemPage(view, mask, taken < items.Count ? items.GetRange(0, taken) : items, nextPageToken);
        }, cancellationToken);

    public Task<Result<ItemPage>> GetAsync(Principal principal, GetItemRequest request, AnswerExchange? answers, CancellationToken cancellationToken) =>
        catalog.UseAsync<ItemPage>(principal, request.Dataset, async view =>
        {
            if (!FieldNames.ReadMask(request.ReadMask, view).TryGet(out var mask, out var error)) return error;
            if (!ItemIds.IsValid(request.Item)) return new NotFound("item", request.Item);
            var query = new PageQuery(view, principal) { Id = request.Item };
            var (shared, _) = Names(query, mask, answers, "get");
            if (await IsStillTheAnswerAsync(query, "get", answers, [shared], cancellationToken)) return new ItemPage(view, mask, [], "");
            var (items, version) = await store.ReadAsync(query, "get", 1, answers?.IsWanted == true, cancellationToken);
            if (items is not [var found]) return new NotFound("item", request.Item);
            answers?.Give(shared, version, 1);
            answers?.EntityTag = ItemEtag.Of(view, found);
            return new ItemPage(view, mask, items, "");
        }, cancellationToken);

    /// <param name="principal">Who asks.</param>
    /// <param name="request">What for.</param>
    /// <param name="write">Sends one message.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public Task<Result<Empty>> QueryAsync(Principal principal, QueryItemsRequest request, Func<QueryItemsResponse, Task> write, CancellationToken cancellationToken) =>
        catalog.UseAsync<Empty>(principal, request.Dataset, async view =>
        {
            if (request.Limit is < 0 or > MaxLimit) return new InvalidField("limit", $"expected 1 to {MaxLimit}, or 0 for {DefaultLimit}");
            var limit = request.Limit == 0 ? DefaultLimit : request.Limit;
            if (!Query(principal, view, request.Filter, request.OrderBy).TryGet(out var query, out var error)) return error;
            if (!FieldNames.ReadMask(request.ReadMask, view).TryGet(out var mask, out error)) return error;
            var access = new StreamedAccess(accessLog, AccessEntry.Of(principal, view, "query", Action.Read));
            var stream = new ItemStream(view, mask, limit, access, write);
            try
            {
                await store.StreamAsync(query with { Limit = limit + 1 }, item => stream.TakeAsync(item, cancellationToken), cancellationToken);
                await stream.CompleteAsync(cancellationToken);
            }
            finally
            {
                await access.EndAsync(stream.Sent);
            }

            return new Empty();
        }, cancellationToken);

    public static Item ToItem(StoredItem item, DatasetView view, FrozenSet<string>? mask) => new()
    {
        Name = $"datasets/{view.Dataset.Definition.Id}/items/{item.Id}",
        Fields = ItemJson.ToStruct(item.Fields, view, mask),
        Etag = ItemEtag.Of(view, item),
        CreateTime = Timestamp.FromDateTime(item.CreateTime),
        UpdateTime = view.SeesAll ? Timestamp.FromDateTime(item.UpdateTime) : null,
    };

    // A page of large items ends early, so that it fits into a message.
    private static int FittingOnPage(List<StoredItem> items, int size)
    {
        var (taken, bytes) = (0, 0);
        while (taken < items.Count && taken < size && ((bytes += items[taken].Fields.Length) <= MaxPageBytes || taken == 0)) taken++;
        return taken;
    }

    // What decides over an answer, once for all who see the same, and once for the caller alone.
    private static (string Shared, string Personal) Names(PageQuery query, FrozenSet<string>? mask, AnswerExchange? answers, string action)
    {
        if (answers?.IsWanted != true) return ("", "");
        var roles = query.Principal.Roles.Order(StringComparer.Ordinal).ToArray();
        using var fingerprint = new Fingerprint();
        query.AddTo(fingerprint.Add(action).Add(mask is null ? ["*"] : [.. mask.Order(StringComparer.Ordinal)]));

        // Row security looks at these by itself; an answer is not shared past it where the rules of the query have a fault.
        fingerprint.Add(query.Principal.Organisation).Add(roles);
        var shared = fingerprint.ToString();
        return (shared, fingerprint.Add(query.Principal.Subject).ToString());
    }

    private async Task<bool> IsStillTheAnswerAsync(PageQuery query, string action, AnswerExchange? answers, string[] names, CancellationToken cancellationToken)
    {
        if (answers?.Find(names) is not { } label || !await store.ConfirmAsync(query, action, label, cancellationToken)) return false;
        answers.Confirm(label);
        return true;
    }

    private static Result<PageQuery> Query(Principal principal, DatasetView view, string filter, string orderBy)
    {
        if (!ItemFilter.Parse(filter, view).TryGet(out var expression, out var error)) return error;
        return OrderBy.Parse(orderBy, view).TryGet(out var order, out error) ? new PageQuery(view, principal) { Filter = expression, Order = order } : error;
    }

    /// <summary>Packs items into messages.</summary>
    private sealed class ItemStream(DatasetView view, FrozenSet<string>? mask, int limit, StreamedAccess access, Func<QueryItemsResponse, Task> write)
    {
        private QueryItemsResponse _message = new() { Dataset = view.Definition };
        private int _taken;
        private int _bytes;

        public int Sent { get; private set; }

        public async Task TakeAsync(StoredItem item, CancellationToken cancellationToken)
        {
            if (_taken == limit)
            {
                _message.Truncated = true;
                return;
            }

            if (_message.Items.Count == BatchSize || _bytes + item.Fields.Length > MaxBatchBytes && _message.Items.Count > 0)
            {
                await SendAsync(isLast: false, cancellationToken);
                _message = new QueryItemsResponse();
                _bytes = 0;
            }

            _message.Items.Add(ToItem(item, view, mask));
            _taken++;
            _bytes += item.Fields.Length;
        }

        public Task CompleteAsync(CancellationToken cancellationToken) => SendAsync(isLast: true, cancellationToken);

        private async Task SendAsync(bool isLast, CancellationToken cancellationToken)
        {
            await access.BeforeMessageAsync(_taken, isLast, cancellationToken);
            await write(_message);
            Sent = _taken;
        }
    }
}
