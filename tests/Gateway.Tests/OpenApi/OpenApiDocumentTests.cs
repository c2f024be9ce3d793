using System.Text.Json.Nodes;
using AiMesh.Gateway.OpenApi;

namespace AiMesh.Gateway.Tests.OpenApi;

public sealed class OpenApiDocumentTests
{
    private static readonly JsonObject Document = OpenApiDocument.Build(Contract.Load());

    [Fact]
    public void Document_HasEveryServedRpc_AndNoPlannedOne()
    {
        var operations = Operations().Select(operation => operation["operationId"]?.GetValue<string>()).ToList();

        Assert.Contains("Sessions_Login", operations);
        Assert.Contains("Items_ListItems", operations);
        Assert.Contains("Assistant_Ask", operations);
        Assert.Contains("Ingest_IngestReadings", operations);
        Assert.DoesNotContain("Budgets_SetBudget", operations);
        Assert.DoesNotContain("Items_QueryItems", operations);
    }

    [Fact]
    public void Document_OperationIds_AreUnique()
    {
        var ids = Operations().Select(operation => operation["operationId"]?.GetValue<string>()).OfType<string>().ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void Document_References_AllResolve()
    {
        var references = References(Document).Distinct().ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference =>
        {
            JsonNode? node = Document;
            foreach (var segment in reference.Split('/').Skip(1))
                node = node?[segment];
            Assert.True(node is not null, $"{reference} leads nowhere.");
        });
    }

    [Fact]
    public void Document_Comments_BecomeDescriptions()
    {
        var login = Document["paths"]!["/api/auth/login"]!["post"]!;
        Assert.Contains("Exchanges an e-mail address and a password", login["summary"]!.GetValue<string>(), StringComparison.Ordinal);
        var pageSize = Document["paths"]!["/api/data/datasets/{dataset}/items"]!["get"]!["parameters"]!.AsArray()
            .Single(parameter => parameter!["name"]!.GetValue<string>() == "pageSize");
        Assert.Contains("1 to 1000", pageSize!["schema"]!["description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Document_AnonymousOperations_AskForNoToken_AndOthersNameTheirPermission()
    {
        Assert.Empty(Document["paths"]!["/api/auth/login"]!["post"]!["security"]!.AsArray());
        var list = Document["paths"]!["/api/data/datasets/{dataset}/items"]!["get"]!;
        Assert.Null(list["security"]);
        Assert.Contains("`data:read:{dataset}`", list["description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Document_BodyOfASubmessage_IsThatMessage()
    {
        var body = Document["paths"]!["/api/data/datasets/{dataset}/items"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!;
        Assert.Equal("#/components/schemas/aimesh.data.v1.Item", body["$ref"]!.GetValue<string>());
    }

    private static IEnumerable<JsonNode> Operations() =>
        Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => operation.Value!));

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(member => member.Key == "$ref" ? [member.Value!.GetValue<string>()] : References(member.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}
