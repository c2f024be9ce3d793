using System.Globalization;
using AiMesh.Data.V1;
using static AiMesh.DataService.Tests.Shapes;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Search;

/// <summary>Short spellings of searches.</summary>
internal static class Searching
{
    public static Field Searchable(string name, string visibleTo = "*", Type type = Type.String)
    {
        var field = Field(name, type, visibleTo);
        field.Searchable = true;
        return field;
    }

    public static Task<SearchItemsResponse> SearchAsync(this Caller caller, string dataset, string query, double? weight = null, int topK = 0, string filter = "", params string[] fields) =>
        caller.SearchAsync(Request(dataset, query, weight, topK, filter, fields));

    public static Task<SearchItemsResponse> SearchAsync(this Caller caller, SearchItemsRequest request) => caller.Items.SearchItemsAsync(request, caller.Options).ResponseAsync;

    public static SearchItemsRequest Request(string dataset, string query, double? weight = null, int topK = 0, string filter = "", params string[] fields)
    {
        var request = new SearchItemsRequest { Dataset = dataset, Query = query, TopK = topK, Filter = filter, Fields = { fields } };
        if (weight is { } given) request.VectorWeight = given;
        return request;
    }

    /// <summary>Ids of the items that were found, best first.</summary>
    public static string[] Ids(this SearchItemsResponse response) => [.. response.Matches.Select(match => match.Item.Name.Split('/')[^1])];

    public static string Csv(string header, IEnumerable<string> lines) => string.Create(CultureInfo.InvariantCulture, $"{header}\n{string.Join('\n', lines)}\n");
}
