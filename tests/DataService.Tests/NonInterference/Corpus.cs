using System.Text;
using System.Text.RegularExpressions;
using AiMesh.Data.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Function = AiMesh.Data.V1.AggregateItemsRequest.Types.Function;
using Item = AiMesh.Data.V1.Item;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>Makes up requests, with what earlier answers gave: ids, etags, page tokens.</summary>
internal sealed partial class Corpus(int seed)
{
    private readonly Random _random = new(seed);
    private readonly Words _words = new(new Random(seed + 1));
    private readonly List<string> _ids = [.. Enumerable.Range(0, Scene.Rows).Select(World.Id)];
    private readonly List<string> _etags = [];
    private readonly List<ListItemsRequest> _nextPages = [];

    public Request Next()
    {
        var (kind, rpc, message) = _random.Next(26) switch
        {
            <= 4 => Of("list", "ListItems", List()),
            5 => Of("query", "QueryItems", Query()),
            <= 7 => Of("get", "GetItem", new GetItemRequest { Dataset = Dataset(), Item = Id(), ReadMask = Mask() }),
            <= 9 => Of("create", "CreateItem", Creation()),
            <= 12 => Of("update", "UpdateItem", Update(Id())),
            13 => Of("delete", "DeleteItem", Deletion(Id())),
            <= 15 => Of("import", "ImportItems", Import()),
            <= 17 => Of("aggregate", "AggregateItems", Aggregation()),
            <= 19 => Of("export", "ExportItems", Export()),
            20 => Of("batch-get", "BatchGetItems", Batch(new BatchGetItemsRequest { Dataset = Dataset(), ReadMask = Mask() }, batch => batch.Items.Add(Id()))),
            21 => Of("batch-create", "BatchCreateItems", Batch(new BatchCreateItemsRequest { Dataset = Dataset() }, batch => batch.Requests.Add(Creation()))),
            22 => Of("batch-update", "BatchUpdateItems", Batch(new BatchUpdateItemsRequest { Dataset = Dataset() }, batch => batch.Requests.Add(Update(Id())))),
            23 => Of("batch-delete", "BatchDeleteItems", Batch(new BatchDeleteItemsRequest { Dataset = Dataset() }, batch => batch.Requests.Add(Deletion(Id())))),
            24 => _words.Chance(50) ? Of("definition", "GetDataset", new GetDatasetRequest { Dataset = Dataset() }) : Of("definitions", "ListDatasets", new ListDatasetsRequest { PageSize = _random.Next(-1, 3) }),
            _ => ("raw", null, null),
        };
        if (rpc is null || message is null) return Raw();
        var request = _words.Chance(50) ? Request.OverHttp(kind, rpc, message) : null;
        return request is null ? Request.OverGrpc(kind, rpc, message) : request with { Headers = [.. Headers(request)] };
    }

    /// <summary>Takes up what an answer gave.</summary>
    public void Learn(Request request, Transcript answer)
    {
        foreach (Match match in Etag().Matches(answer.Readable)) Remember(_etags, match.Groups[1].Value);
        if (request.Kind is "create" or "batch-create") foreach (Match match in Name().Matches(answer.Readable)) Remember(_ids, match.Groups[1].Value);
        if (request.Message is ListItemsRequest list && Token().Match(answer.Readable) is { Success: true } token)
            Remember(_nextPages, new ListItemsRequest(list) { PageToken = token.Groups[1].Value });
    }

    private ListItemsRequest List()
    {
        if (_nextPages.Count > 0 && _words.Chance(50))
        {
            var next = _nextPages[_random.Next(_nextPages.Count)].Clone();
            if (_words.Chance(10)) next.Filter = _words.Filter();
            if (_words.Chance(10)) next.PageToken = next.PageToken[..^1];
            return next;
        }

        return new ListItemsRequest
        {
            Dataset = Dataset(),
            Filter = _words.Filter(),
            OrderBy = _words.OrderBy(),
            PageSize = _words.Chance(5) ? _random.Next(-5, 2000) : _random.Next(0, 8),
            ReadMask = Mask(),
            PageToken = _words.Chance(3) ? "nonsense" : "",
        };
    }

    private QueryItemsRequest Query() => new() { Dataset = Dataset(), Filter = _words.Filter(), OrderBy = _words.OrderBy(), ReadMask = Mask(), Limit = _random.Next(-1, 30) };

    private CreateItemRequest Creation() => new()
    {
        Dataset = Dataset(),
        Item = new Item { Fields = Fields(isWhole: true) },
        ItemId = _words.Chance(50) ? "" : _words.Chance(30) ? Id() : $"made-{_random.Next(500)}",
        RequestId = _words.Chance(20) ? $"00000000-0000-4000-8000-00000000000{_random.Next(10)}" : "",
    };

    private UpdateItemRequest Update(string id)
    {
        var request = new UpdateItemRequest { Dataset = Dataset(), ItemId = id, Item = new Item { Fields = Fields(isWhole: false), Etag = SomeEtag() } };
        if (_words.Chance(30)) request.UpdateMask = Mask();
        return request;
    }

    private DeleteItemRequest Deletion(string id) => new() { Dataset = Dataset(), Item = id, Etag = _words.Chance(30) ? SomeEtag() : "" };

    private ImportItemsRequest Import()
    {
        string[] names = [.. Scene.Visible.Where(name => name != "rating").Append(_words.Name()).Append("key").Where(_ => _words.Chance(60)).Distinct()];
        var csv = new StringBuilder(string.Join(',', names)).Append('\n');
        for (var i = _random.Next(4); i > 0; i--)
        {
            var cells = names.Select(name => name switch
            {
                "key" => _words.Chance(40) ? Id() : $"imported-{_random.Next(1000)}",
                "dept" => _words.Chance(80) ? "sales" : "vault",
                "tags" => "a;b",
                _ => $"\"{_words.Value(name).Trim('"').Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
            });
            csv.Append(string.Join(',', cells)).Append(_words.Chance(5) ? ",x\n" : "\n");
        }

        var request = new ImportItemsRequest { Dataset = Dataset(), IdField = names.Contains("key") ? "key" : _words.Chance(10) ? _words.Name() : "", SkipInvalid = _words.Chance(40), ValidateOnly = _words.Chance(20) };
        if (_words.Chance(60)) request.Csv = csv.ToString();
        else request.Json = $"{{\"name\":\"x\",\"dept\":\"sales\",\"{_words.Name()}\":{_words.Pick("1", "\"x\"", "null", "[1]", "{}")}}}\n{_words.Pick("", "{", "[]", "{\"name\":1}", "{\"dept\":\"sales\"}")}";
        return request;
    }

    private AggregateItemsRequest Aggregation() => new()
    {
        Dataset = Dataset(),
        Filter = _words.Filter(),
        GroupBy = { Enumerable.Range(0, _random.Next(3)).Select(_ => _words.Name()) },
        Limit = _words.Chance(10) ? _random.Next(-1, 3) : 0,
        Aggregations =
        {
            Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new AggregateItemsRequest.Types.Aggregation
            {
                Function = _words.Chance(90) ? (Function)_random.Next(1, 6) : 0, Field = _words.Chance(75) ? "grade" : _words.Pick("rating", "salary", "score", "", _words.Name()),
            }),
        },
    };

    private ExportItemsRequest Export() => new()
    {
        Dataset = Dataset(),
        Filter = _words.Filter(),
        ReadMask = Mask(),
        Format = (ExportItemsRequest.Types.Format)_random.Next(2),
        IdField = _words.Chance(30) ? _words.Pick("key", "salary", "name", "A") : "",
        EscapeFormulas = _words.Chance(20),
    };

    private T Batch<T>(T batch, Action<T> add)
    {
        for (var i = _words.Chance(3) ? 0 : _random.Next(1, 3); i > 0; i--) add(batch);
        return batch;
    }

    // What no client of the contract would write.
    private Request Raw()
    {
        var body = _words.Pick("", "{", "[]", "null", "{\"fields\":{\"name\":{}}}", "{\"fields\":{\"salary\":1}}", "{\"unknown\":1}", "{\"fields\":{\"name\":\"x\",\"name\":\"y\"}}", "{\"etag\":5}", "\"\\ud800\"", "{\"fields\":" + new string('[', 200));
        var path = _words.Pick("items", "items/row-02", "items:aggregate", "items:batchUpdate", "items:import", "items:none", "items/row-02/x", "items?pageSize=x", "items?readMask=,,", "items?filter=name%3D1&filter=2", "items:batchGet", "items/%00", "items?orderBy=salary%20desc");
        var type = _words.Pick("application/json", "text/csv", "application/x-ndjson", "text/plain", "");
        var verb = _words.Pick("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD");
        return new Request("raw", verb, $"/api/data/datasets/{Scene.Dataset}/{path}", verb is "GET" or "HEAD" ? null : body) { ContentType = type };
    }

    private IEnumerable<(string, string)> Headers(Request request)
    {
        if (_etags.Count == 0) yield break;
        if (request.Verb == "GET" && _words.Chance(40)) yield return ("If-None-Match", $"\"{_etags[_random.Next(_etags.Count)]}\"");
        if (request.Verb is "PATCH" or "DELETE" && _words.Chance(40)) yield return ("If-Match", _words.Pick("*", $"\"{_etags[_random.Next(_etags.Count)]}\"", "W/\"x\"", "nonsense"));
    }

    private Struct Fields(bool isWhole)
    {
        var fields = new Struct();
        if (isWhole || _words.Chance(40)) fields.Fields["name"] = _words.Chance(4) ? Value.ForNumber(1) : Value.ForString($"n{_random.Next(10)}");
        if (isWhole || _words.Chance(10)) fields.Fields["dept"] = Value.ForString(_words.Chance(85) ? "sales" : "vault");
        if (_words.Chance(60)) fields.Fields["grade"] = Value.ForNumber(_random.Next(6));
        if (_words.Chance(15)) fields.Fields[_words.Name()] = _words.Pick(Value.ForNumber(_random.Next(5000)), Value.ForString("2026-01-01"), Value.ForBool(true), Value.ForNull(), Value.ForList(Value.ForString("x")));

        // Close to the bound of an item, which must be one of what its writer sees.
        if (_words.Chance(2)) fields.Fields["tags"] = Value.ForList([.. Enumerable.Range(0, 11).Select(_ => Value.ForString(new string('t', 94_800 + (_random.Next(6) * 100))))]);
        return fields;
    }

    private FieldMask? Mask() => _words.Mask().ToArray() is { Length: > 0 } names ? new FieldMask { Paths = { names } } : null;

    private string Dataset() => _random.Next(40) switch { 0 => "empty", 1 => "none", 2 => _words.Pick("", "Staff", "staff:x", "../staff"), _ => Scene.Dataset };

    private string Id() => _words.Chance(5) ? _words.Pick("none", "a/b", "row 1", new string('x', 200)) : _ids[_random.Next(_ids.Count)];

    private string SomeEtag() => _etags.Count == 0 || _words.Chance(70) ? "" : _etags[_random.Next(_etags.Count)];

    private static (string, MethodDescriptor?, IMessage?) Of(string kind, string rpc, IMessage message) =>
        (kind, (rpc.EndsWith("Dataset", StringComparison.Ordinal) || rpc.EndsWith("Datasets", StringComparison.Ordinal) ? DatasetsReflection.Descriptor : ItemsReflection.Descriptor).Services[0].FindMethodByName(rpc), message);

    private static void Remember<T>(List<T> list, T value)
    {
        if (list.Count < 200) list.Add(value);
        else list[value!.GetHashCode() & 127] = value;
    }

    [GeneratedRegex("\"etag\":\\s*\"([^\"]+)\"")]
    private static partial Regex Etag();

    [GeneratedRegex("\"name\":\\s*\"datasets/[^/]+/items/([^\"]+)\"")]
    private static partial Regex Name();

    [GeneratedRegex("\"nextPageToken\":\\s*\"([^\"]+)\"")]
    private static partial Regex Token();
}
