using AiMesh.ServiceDefaults.Errors;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace AiMesh.DataService.Stores.DynamoDb;

/// <summary>Writes with conditions, all or none (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).</summary>
internal static class DynamoDbTransaction
{
    public static async Task<IReadOnlyList<bool>> WriteAsync(
        AmazonDynamoDBClient client, string name, DocumentTable table, IReadOnlyList<DocumentWrite> writes, StoreRetry retry,
        Func<Func<Task<TransactWriteItemsResponse>>, Task<TransactWriteItemsResponse>> callAsync, CancellationToken cancellationToken)
    {
        var request = new TransactWriteItemsRequest
        {
            TransactItems = [.. writes.Select(write => Item(name, table, write))],

            // The same token for each try: a transaction whose answer was lost is not done twice.
            ClientRequestToken = Guid.NewGuid().ToString("N"),
        };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await callAsync(() => client.TransactWriteItemsAsync(request, cancellationToken));
                return [.. writes.Select(static _ => true)];
            }
            catch (TransactionCanceledException e) when (e.CancellationReasons is { } reasons && reasons.Count == writes.Count && reasons.Any(static reason => reason.Code == "ConditionalCheckFailed"))
            {
                return [.. reasons.Select(static reason => reason.Code != "ConditionalCheckFailed")];
            }
            catch (Exception e) when (e is TransactionCanceledException or TransactionInProgressException)
            {
                // Others were at the same items, or the table is throttled.
                if (!await retry.PauseAsync(attempt, null, cancellationToken)) throw new MeshException(new StoreThrottled());
                request.ClientRequestToken = e is TransactionInProgressException ? request.ClientRequestToken : Guid.NewGuid().ToString("N");
            }
        }
    }

    /// <summary>The condition of a write as DynamoDB reads it; nulls where it has none.</summary>
    public static (string? Text, Dictionary<string, string>? Names, Dictionary<string, AttributeValue>? Values) Check(DocumentWrite write)
    {
        switch (write.Condition)
        {
            case WriteCondition.Absent:
                return ("attribute_not_exists(#id)", new() { ["#id"] = DynamoDbItem.Id }, null);
            case WriteCondition.Unchanged:
                var (version, created) = DynamoDbItem.ReadTag(write.Tag);
                return ("#v = :v AND #c = :c",
                    new() { ["#v"] = DynamoDbItem.Version, ["#c"] = DynamoDbItem.Created },
                    new() { [":v"] = new AttributeValue { N = version }, [":c"] = new AttributeValue { S = created } });
            default:
                return (null, null, null);
        }
    }

    private static TransactWriteItem Item(string name, DocumentTable table, DocumentWrite write)
    {
        var (text, names, values) = Check(write);
        return write.Content is { } content
            ? new TransactWriteItem
            {
                Put = new Put
                {
                    TableName = name,
                    Item = DynamoDbItem.Write(table, content),
                    ConditionExpression = text,
                    ExpressionAttributeNames = names,
                    ExpressionAttributeValues = values,
                },
            }
            : new TransactWriteItem
            {
                Delete = new Delete
                {
                    TableName = name,
                    Key = DynamoDbItem.Key(table, write.Id),
                    ConditionExpression = text,
                    ExpressionAttributeNames = names,
                    ExpressionAttributeValues = values,
                },
            };
    }
}
