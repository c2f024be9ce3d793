using System.Net.Sockets;
using System.Runtime.CompilerServices;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace AiMesh.DataService.Stores.DynamoDb;

/// <summary>
/// Amazon DynamoDB: a table a dataset, all documents under one partition key, so that a query reads them in order of id (DynamoDB splits the partition by sort key as
/// it grows). Reads are strongly consistent.
/// </summary>
internal sealed class DynamoDbStore : IDocumentStore, IDisposable
{
    private const int MaxPage = 1000;
    private const int MaxBatch = 25;
    private const int Parallel = 16;
    private static readonly TimeSpan TablePatience = TimeSpan.FromMinutes(2);

    private readonly AmazonDynamoDBClient _client;
    private readonly StoreOptions _options;
    private readonly StoreRetry _retry;

    public DynamoDbStore(StoreOptions options)
    {
        _options = options;
        _retry = new StoreRetry(options);
        var config = new AmazonDynamoDBConfig
        {
            RetryMode = RequestRetryMode.Standard,

            // The pauses of the SDK grow to twenty seconds.
            MaxErrorRetry = Math.Min(options.Retries, 3),
            Timeout = options.Timeout,
            AuthenticationRegion = options.Region,
        };
        if (options.Endpoint.Length > 0) config.ServiceURL = options.Endpoint;
        else config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        _client = options.AccessKey.Length > 0 ? new AmazonDynamoDBClient(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config) : new AmazonDynamoDBClient(config);
    }

    // 400 KB for the whole item, names included; numbers and lists take a little more there than in JSON.
    public StoreCapabilities Capabilities { get; } = new("dynamodb", MaxDocumentBytes: 380 * 1024, MaxAtomicWrites: 100, MaxAtomicBytes: 3_500_000, FindsOwners: false);

    public async Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(() => _client.CreateTableAsync(
                new CreateTableRequest
                {
                    TableName = Name(table),
                    BillingMode = BillingMode.PAY_PER_REQUEST,
                    KeySchema = [new KeySchemaElement(DynamoDbItem.Tenant, KeyType.HASH), new KeySchemaElement(DynamoDbItem.Id, KeyType.RANGE)],
                    AttributeDefinitions = [new AttributeDefinition(DynamoDbItem.Tenant, ScalarAttributeType.S), new AttributeDefinition(DynamoDbItem.Id, ScalarAttributeType.S)],
                },
                cancellationToken));
        }
        catch (ResourceInUseException)
        {
            // It is there, or somebody else is making it: wait with them.
        }

        await WaitAsync(table, async () => (await _client.DescribeTableAsync(Name(table), cancellationToken)).Table.TableStatus == TableStatus.ACTIVE, cancellationToken);
    }

    public async Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        try
        {
            await _client.DeleteTableAsync(Name(table), cancellationToken);
            await WaitAsync(table, async () => await _client.DescribeTableAsync(Name(table), cancellationToken) is null, cancellationToken);
        }
        catch (ResourceNotFoundException)
        {
            // Nothing is what was asked for.
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or IOException or SocketException)
        {
            throw new MeshException(new Unavailable("the store of the dataset"));
        }
    }

    public async Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken)
    {
        var response = await CallAsync(() => _client.GetItemAsync(
            new GetItemRequest { TableName = Name(table), Key = DynamoDbItem.Key(table, id), ConsistentRead = true }, cancellationToken));
        return response.Item is { Count: > 0 } item ? DynamoDbItem.Read(table, item) : null;
    }

    public async IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bound = query.Bound();
        if (bound == PolicyExpression.Nothing) yield break;
        var condition = new DynamoDbCondition();
        var request = new QueryRequest { TableName = Name(table), ConsistentRead = true, Limit = Math.Clamp(query.Expected, 1, MaxPage) };
        var keys = $"{condition.Attribute(DynamoDbItem.Tenant)} = {condition.Value(new AttributeValue { S = table.Tenant })}";
        if (query.After.Length > 0) keys += $" AND {condition.Attribute(DynamoDbItem.Id)} > {condition.Value(new AttributeValue { S = query.After })}";
        request.KeyConditionExpression = keys;
        request.FilterExpression = condition.Write(bound);
        if (query.Needed() is { } fields)
        {
            string[] own = [DynamoDbItem.Id, DynamoDbItem.Owner, DynamoDbItem.Version, DynamoDbItem.Created, DynamoDbItem.Updated];
            request.ProjectionExpression = string.Join(", ", own.Select(condition.Attribute).Concat(fields.Select(condition.Field)));
        }

        (request.ExpressionAttributeNames, request.ExpressionAttributeValues) = (condition.Names, condition.Values);
        while (true)
        {
            var page = await CallAsync(() => _client.QueryAsync(request, cancellationToken));
            foreach (var item in page.Items ?? []) yield return DynamoDbItem.Read(table, item);
            if (page.LastEvaluatedKey is not { Count: > 0 } last) yield break;
            request.ExclusiveStartKey = last;

            // Where a filter lets little through, small pages would be many round trips.
            request.Limit = Math.Min(request.Limit.GetValueOrDefault() * 2, MaxPage);
        }
    }

    public async Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken)
    {
        if (atomic && writes.Count > 1) return await DynamoDbTransaction.WriteAsync(_client, Name(table), table, writes, _retry, CallAsync, cancellationToken);
        var done = new bool[writes.Count];
        if (writes.All(static write => write.Condition == WriteCondition.None))
        {
            foreach (var chunk in writes.Chunk(MaxBatch)) await BatchAsync(table, chunk, cancellationToken);
            Array.Fill(done, true);
            return done;
        }

        // A batch knows no conditions.
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken };
        await System.Threading.Tasks.Parallel.ForAsync(0, writes.Count, options, async (i, token) => done[i] = await WriteAsync(table, writes[i], token));
        return done;
    }

    public Task PingAsync(CancellationToken cancellationToken) =>
        CallAsync(() => _client.ListTablesAsync(new ListTablesRequest { Limit = 1 }, cancellationToken));

    public void Dispose() => _client.Dispose();

    private string Name(DocumentTable table) => _options.Prefix + table.Name;

    private async Task<bool> WriteAsync(DocumentTable table, DocumentWrite write, CancellationToken cancellationToken)
    {
        var check = DynamoDbTransaction.Check(write);
        try
        {
            if (write.Content is { } content)
            {
                await CallAsync(() => _client.PutItemAsync(
                    new PutItemRequest
                    {
                        TableName = Name(table),
                        Item = DynamoDbItem.Write(table, content),
                        ConditionExpression = check.Text,
                        ExpressionAttributeNames = check.Names,
                        ExpressionAttributeValues = check.Values,
                    },
                    cancellationToken));
            }
            else
            {
                await CallAsync(() => _client.DeleteItemAsync(
                    new DeleteItemRequest
                    {
                        TableName = Name(table),
                        Key = DynamoDbItem.Key(table, write.Id),
                        ConditionExpression = check.Text,
                        ExpressionAttributeNames = check.Names,
                        ExpressionAttributeValues = check.Values,
                    },
                    cancellationToken));
            }

            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    private async Task BatchAsync(DocumentTable table, DocumentWrite[] writes, CancellationToken cancellationToken)
    {
        var left = new Dictionary<string, List<WriteRequest>>
        {
            [Name(table)] = [.. writes.Select(write => write.Content is { } content
                ? new WriteRequest(new PutRequest(DynamoDbItem.Write(table, content)))
                : new WriteRequest(new DeleteRequest(DynamoDbItem.Key(table, write.Id))))],
        };

        // What a throttled table did not take comes back and is sent again.
        for (var attempt = 0; left is { Count: > 0 }; attempt++)
        {
            if (attempt > 0 && !await _retry.PauseAsync(attempt, null, cancellationToken)) throw new MeshException(new StoreThrottled());
            left = (await CallAsync(() => _client.BatchWriteItemAsync(new BatchWriteItemRequest(left), cancellationToken))).UnprocessedItems;
        }
    }

    private static async Task WaitAsync(DocumentTable table, Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TablePatience);
        try
        {
            for (var pause = 20; !await isSo(); pause = Math.Min(pause * 2, 2000)) await Task.Delay(pause, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MeshException(new Unavailable($"the table {table.Name} of the store"));
        }
    }

    // The SDK has tried again by then. What it says may name tables and keys; callers learn only what they can do.
    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is ProvisionedThroughputExceededException or RequestLimitExceededException or LimitExceededException or AmazonServiceException { ErrorCode: "ThrottlingException" })
        {
            throw new MeshException(new StoreThrottled());
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or IOException or SocketException or InternalServerErrorException or AmazonServiceException { StatusCode: 0 or >= System.Net.HttpStatusCode.InternalServerError })
        {
            throw new MeshException(new Unavailable("the store of the dataset"));
        }
        catch (ResourceNotFoundException)
        {
            throw new MeshException(StoreLacks.Table);
        }
        catch (AmazonServiceException e) when (e.ErrorCode is "UnrecognizedClientException" or "InvalidSignatureException" or "AccessDeniedException" or "ExpiredTokenException" or "MissingAuthenticationTokenException")
        {
            throw new MeshException(new Unavailable("the store of the dataset (it refuses the mesh's credential), which"));
        }
        catch (AmazonServiceException e) when (e.ErrorCode == "ValidationException")
        {
            // It will never take this, whoever asks again: what its kind of error is for elsewhere.
            throw new InvalidOperationException("DynamoDB takes the request for none (ValidationException).");
        }
    }
}
