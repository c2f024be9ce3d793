using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Cosmos;
using AiMesh.DataService.Stores.DynamoDb;
using AiMesh.DataService.Stores.Firestore;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>
/// What the engines of the tests lack or never do, against a fake of our own that answers as the providers document: transactions of DynamoDB and Cosmos DB, throttling,
/// credentials of Google Cloud.
/// </summary>
[Trait("Level", "Server")]
public sealed class StoreWireTests
{
    private static readonly DateTime Time = new(2026, 11, 21, 10, 0, 0, DateTimeKind.Utc);
    private static readonly DocumentTable Table = new("d1", "tenant", new Dictionary<string, PolicyType> { ["title"] = PolicyType.Text }.ToFrozenDictionary());

    private static readonly DocumentWrite[] Three =
        [DocumentWrite.Create(Doc("a")), DocumentWrite.Replace(Doc("b"), "3@2026-11-21T10:00:00.000000Z"), DocumentWrite.Remove("c")];

    [Fact]
    public async Task DynamoDb_Transaction_SendsConditions_AndReadsWhichFailed()
    {
        await using var fake = await FakeStore.StartAsync(static (request, number) => number == 0
            ? new FakeAnswer(400, """
                {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "Transaction cancelled",
                 "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}, {"Code": "None"}]}
                """)
            : new FakeAnswer(200, "{}"));
        using var store = new DynamoDbStore(DynamoDbStoreTests.Options(fake.Address));
        Assert.Equal([true, false, true], await store.WriteAsync(Table, Three, atomic: true, CancellationToken.None));
        Assert.Equal([true, true, true], await store.WriteAsync(Table, Three, atomic: true, CancellationToken.None));

        var (target, body) = (fake.Requests[0].Headers["X-Amz-Target"], JsonNode.Parse(fake.Requests[0].Body)!);
        Assert.Equal("DynamoDB_20120810.TransactWriteItems", target);
        var items = body["TransactItems"]!.AsArray();
        Assert.Equal("attribute_not_exists(#id)", (string?)items[0]!["Put"]!["ConditionExpression"]);
        Assert.Equal("#v = :v AND #c = :c", (string?)items[1]!["Put"]!["ConditionExpression"]);
        Assert.Equal("3", (string?)items[1]!["Put"]!["ExpressionAttributeValues"]![":v"]!["N"]);
        Assert.Equal("""{"p":{"S":"tenant"},"id":{"S":"c"}}""", items[2]!["Delete"]!["Key"]!.ToJsonString());
        Assert.Null(items[2]!["Delete"]!["ConditionExpression"]);
        Assert.Equal("tenant", (string?)items[0]!["Put"]!["Item"]!["p"]!["S"]);
        Assert.NotEqual((string?)body["ClientRequestToken"], (string?)JsonNode.Parse(fake.Requests[1].Body)!["ClientRequestToken"]);
    }

    [Fact]
    public async Task DynamoDb_Transaction_InSomebodysWay_IsTriedAgain()
    {
        await using var fake = await FakeStore.StartAsync(static (_, number) => number < 2
            ? new FakeAnswer(400, """
                {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "Transaction cancelled",
                 "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]}
                """)
            : new FakeAnswer(200, "{}"));
        using var store = new DynamoDbStore(DynamoDbStoreTests.Options(fake.Address));
        Assert.Equal([true, true, true], await store.WriteAsync(Table, Three, atomic: true, CancellationToken.None));
        Assert.Equal(3, fake.Requests.Count);
    }

    [Fact]
    public async Task CosmosDb_Batch_SendsConditions_AndReadsWhichFailed()
    {
        await using var fake = await FakeStore.StartAsync(static (_, number) => number == 0
            ? new FakeAnswer(207, """[{"statusCode": 424}, {"statusCode": 412}, {"statusCode": 424}]""")
            : new FakeAnswer(200, """[{"statusCode": 201}, {"statusCode": 200}, {"statusCode": 204}]"""));
        using var store = new CosmosStore(CosmosStoreTests.Options(fake.Address), TimeProvider.System);
        Assert.Equal([true, false, true], await store.WriteAsync(Table, Three, atomic: true, CancellationToken.None));
        Assert.Equal([true, true, true], await store.WriteAsync(Table, Three, atomic: true, CancellationToken.None));

        var request = fake.Requests[0];
        Assert.Equal("True", request.Headers["x-ms-cosmos-is-batch-request"]);
        Assert.Equal("True", request.Headers["x-ms-cosmos-batch-atomic"]);
        Assert.Equal("""["tenant"]""", request.Headers["x-ms-documentdb-partitionkey"]);
        var operations = JsonNode.Parse(request.Body)!.AsArray();
        Assert.Equal(["Create", "Replace", "Delete"], operations.Select(static operation => (string?)operation!["operationType"]));
        Assert.Equal("3@2026-11-21T10:00:00.000000Z", (string?)operations[1]!["ifMatch"]);
        Assert.Equal("ic", (string?)operations[2]!["id"]);
    }

    [Fact]
    public async Task CosmosDb_SignsAsDocumented()
    {
        await using var fake = await FakeStore.StartAsync(static (_, _) => new FakeAnswer(200, "{}"));
        using var store = new CosmosStore(CosmosStoreTests.Options(fake.Address), TimeProvider.System);
        await store.PingAsync(CancellationToken.None);
        var (date, authorization) = (fake.Requests[0].Headers["x-ms-date"], Uri.UnescapeDataString(fake.Requests[0].Headers["authorization"]));
        var signed = HMACSHA256.HashData(Convert.FromBase64String(StoreEngine.CosmosKey), Encoding.UTF8.GetBytes($"get\ndbs\n\n{date.ToLowerInvariant()}\n\n"));
        Assert.Equal($"type=master&ver=1.0&sig={Convert.ToBase64String(signed)}", authorization);
    }

    public static TheoryData<string, int, string> Refusals => new()
    {
        { "dynamodb", 400, """{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "too fast"}""" },
        { "cosmos", 429, """{"code": "429", "message": "Request rate is large"}""" },
        { "firestore", 429, """{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded."}}""" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Throttled_IsTriedAgain_ThenSaid(string provider, int status, string body)
    {
        await using var fake = await FakeStore.StartAsync((_, number) => number < 2 ? new FakeAnswer(status, body) : new FakeAnswer(provider == "dynamodb" ? 200 : 404, "{}"));
        await WithAsync(provider, fake.Address, retries: 4, async store => Assert.Null(await store.FindAsync(Table, "a", CancellationToken.None)));
        Assert.Equal(3, fake.Requests.Count);

        await using var busy = await FakeStore.StartAsync((_, _) => new FakeAnswer(status, body));
        await WithAsync(provider, busy.Address, retries: 1, async store =>
        {
            var error = (await Assert.ThrowsAsync<MeshException>(() => store.FindAsync(Table, "a", CancellationToken.None))).Error;
            Assert.Equal("STORE_THROTTLED", error.Reason);
            Assert.DoesNotContain("Quota", error.Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("dynamodb")]
    [InlineData("cosmos")]
    [InlineData("firestore")]
    public async Task AStoreThatIsAway_IsUnavailable(string provider)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        await WithAsync(provider, address, retries: 0, async store =>
        {
            var error = (await Assert.ThrowsAsync<MeshException>(() => store.FindAsync(Table, "a", CancellationToken.None))).Error;
            Assert.Equal("UNAVAILABLE", error.Reason);
            Assert.DoesNotContain("127.0.0.1", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task DynamoDb_BatchThatWasTakenInPart_IsSentAgain()
    {
        await using var fake = await FakeStore.StartAsync(static (request, number) => number == 0
            ? new FakeAnswer(200, $$"""{"UnprocessedItems": {{JsonNode.Parse(request.Body)!["RequestItems"]!.ToJsonString()}}}""")
            : new FakeAnswer(200, "{}"));
        using var store = new DynamoDbStore(DynamoDbStoreTests.Options(fake.Address));
        await store.WriteAsync(Table, [DocumentWrite.Put(Doc("a")), DocumentWrite.Remove("b")], atomic: false, CancellationToken.None);
        Assert.Equal(2, fake.Requests.Count);
        Assert.Equal(fake.Requests[0].Body, fake.Requests[1].Body);
    }

    [Fact]
    public async Task Firestore_ExchangesAServiceAccountsKey_ForATokenOnce()
    {
        using var rsa = RSA.Create(2048);
        await using var fake = await FakeStore.StartAsync(static (request, _) => request.Path == "/token"
            ? new FakeAnswer(200, """{"access_token": "the token", "expires_in": 3600}""")
            : new FakeAnswer(404, "{}"));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
        {
            type = "service_account",
            client_email = "mesh@example.iam.gserviceaccount.com",
            private_key_id = "k1",
            private_key = rsa.ExportPkcs8PrivateKeyPem(),
            token_uri = $"{fake.Address}token",
        }));
        try
        {
            var options = FirestoreStoreTests.Options(fake.Address);
            options.CredentialFile = file;
            using var store = new FirestoreStore(options, TimeProvider.System);
            await store.FindAsync(Table, "a", CancellationToken.None);
            await store.FindAsync(Table, "b", CancellationToken.None);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(["/token", "get", "get"], fake.Requests.Select(static request => request.Path == "/token" ? request.Path : "get"));
        Assert.All(fake.Requests.Skip(1), static request => Assert.Equal("Bearer the token", request.Headers["Authorization"]));
        var form = QueryHelpers.ParseQuery(fake.Requests[0].Body);
        Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", form["grant_type"]);
        var parts = form["assertion"].ToString().Split('.');
        Assert.True(rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), WebEncoders.Base64UrlDecode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var claims = JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[1]))!;
        Assert.Equal("https://www.googleapis.com/auth/datastore", (string?)claims["scope"]);
        Assert.Equal($"{fake.Address}token", (string?)claims["aud"]);
    }

    private static async Task WithAsync(string provider, Uri address, int retries, Func<IDocumentStore, Task> use)
    {
        var options = provider switch { "dynamodb" => DynamoDbStoreTests.Options(address), "cosmos" => CosmosStoreTests.Options(address), _ => FirestoreStoreTests.Options(address) };
        options.Retries = retries;
        IDocumentStore store = provider switch
        {
            "dynamodb" => new DynamoDbStore(options),
            "cosmos" => new CosmosStore(options, TimeProvider.System),
            _ => new FirestoreStore(options, TimeProvider.System),
        };
        using var disposable = (IDisposable)store;
        await use(store);
    }

    private static Document Doc(string id) => new(id, new Dictionary<string, object> { ["title"] = "t" }, "owner", 1, Time, Time);
}
