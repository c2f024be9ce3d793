using System.Net.Http.Headers;
using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Contract = AiMesh.Data.V1;

namespace AiMesh.DataService.Tests;

/// <summary>Somebody who calls the service, over gRPC and over HTTP.</summary>
internal sealed class Caller(DataServiceHost service, string token, string subject)
{
    private readonly Metadata _headers = new() { { "authorization", $"Bearer {token}" } };

    public string Subject { get; } = subject;

    public Contract.Items.ItemsClient Items { get; } = new(service.Channel);

    public Contract.Datasets.DatasetsClient Datasets { get; } = new(service.Channel);

    public Contract.Stores.StoresClient Stores { get; } = new(service.Channel);

    public CallOptions Options => new(_headers);

    public Task<ListItemsResponse> ListAsync(string dataset, string filter = "", string orderBy = "", int pageSize = 1000, string pageToken = "", string? readMask = null)
    {
        var request = new ListItemsRequest { Dataset = dataset, Filter = filter, OrderBy = orderBy, PageSize = pageSize, PageToken = pageToken };
        if (readMask is not null) request.ReadMask = new FieldMask { Paths = { readMask.Split(',') } };
        return Items.ListItemsAsync(request, Options).ResponseAsync;
    }

    /// <summary>Ids of the items that a filter finds, in the order of the answer.</summary>
    public async Task<string[]> IdsAsync(string dataset, string filter = "", string orderBy = "")
    {
        var ids = new List<string>();
        var token = "";
        do
        {
            var page = await ListAsync(dataset, filter, orderBy, 1000, token);
            ids.AddRange(page.Items.Select(item => item.Name.Split('/')[^1]));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return [.. ids];
    }

    public Task<Item> GetAsync(string dataset, string item) => Items.GetItemAsync(new GetItemRequest { Dataset = dataset, Item = item }, Options).ResponseAsync;

    public Task<Item> CreateAsync(string dataset, Struct fields, string id = "", string requestId = "") =>
        Items.CreateItemAsync(new CreateItemRequest { Dataset = dataset, Item = new Item { Fields = fields }, ItemId = id, RequestId = requestId }, Options).ResponseAsync;

    public Task<Item> UpdateAsync(string dataset, string id, Struct fields, string etag = "", string? mask = null)
    {
        var request = new UpdateItemRequest { Dataset = dataset, ItemId = id, Item = new Item { Fields = fields, Etag = etag } };
        if (mask is not null) request.UpdateMask = new FieldMask { Paths = { mask.Split(',') } };
        return Items.UpdateItemAsync(request, Options).ResponseAsync;
    }

    public Task DeleteAsync(string dataset, string id, string etag = "") =>
        Items.DeleteItemAsync(new DeleteItemRequest { Dataset = dataset, Item = id, Etag = etag }, Options).ResponseAsync;

    public Task<ImportItemsResponse> ImportAsync(ImportItemsRequest request) => Items.ImportItemsAsync(request, Options).ResponseAsync;

    public Task<Dataset> DefineAsync(string id, Dataset dataset) =>
        Datasets.CreateDatasetAsync(new CreateDatasetRequest { DatasetId = id, Dataset = dataset }, Options).ResponseAsync;

    /// <summary>Sends a request over HTTP.</summary>
    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json")
    {
        using var client = new HttpClient { BaseAddress = service.HttpAddress };
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, MediaTypeHeaderValue.Parse(contentType));

        // A body that is refused unread would break the connection instead of the answer being read.
        request.Headers.ExpectContinue = body?.Length > 1_000_000;
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A call that must fail: its status code, message, and the field violations "field: description".</summary>
    public static async Task<Failure> FailureAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        var details = Google.Rpc.Status.Parser.ParseFrom(exception.Trailers.GetValueBytes("grpc-status-details-bin") ?? []);
        var bad = details.Details.FirstOrDefault(d => d.Is(BadRequest.Descriptor))?.Unpack<BadRequest>();
        return new Failure(exception.StatusCode, exception.Status.Detail, [.. bad?.FieldViolations.Select(v => $"{v.Field}: {v.Description}") ?? []]);
    }
}

internal sealed record Failure(StatusCode Code, string Message, string[] Violations);
