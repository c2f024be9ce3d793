using System.Collections.Immutable;
using System.Globalization;
using AiMesh.ServiceDefaults.Policy;
using Amazon.DynamoDBv2.Model;

namespace AiMesh.DataService.Stores.DynamoDb;

/// <summary>
/// Documents as DynamoDB's items: partition key <c>p</c> (the tenant), sort key <c>id</c>, owner <c>o</c>, version <c>v</c>, times <c>c</c> and <c>u</c>, and the map
/// <c>f</c> of the fields.
/// </summary>
internal static class DynamoDbItem
{
    public const string Tenant = "p";
    public const string Id = "id";
    public const string Owner = "o";
    public const string Version = "v";
    public const string Created = "c";
    public const string Updated = "u";
    public const string Fields = "f";

    // Magnitudes of a number, with room to spare (1E-130 to 9.9999999999999999999999999999999999999E+125):
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
    private const double Smallest = 1e-129;
    private const double Largest = 1e125;

    public static Dictionary<string, AttributeValue> Key(DocumentTable table, string id) => new()
    {
        [Tenant] = new AttributeValue { S = table.Tenant },
        [Id] = new AttributeValue { S = id },
    };

    public static Dictionary<string, AttributeValue> Write(DocumentTable table, Document document)
    {
        var item = Key(table, document.Id);
        item[Owner] = new AttributeValue { S = document.Owner };
        item[Version] = new AttributeValue { N = document.Version.ToString(CultureInfo.InvariantCulture) };
        item[Created] = new AttributeValue { S = DocumentTime.Write(document.CreateTime) };
        item[Updated] = new AttributeValue { S = DocumentTime.Write(document.UpdateTime) };
        item[Fields] = new AttributeValue { M = document.Fields.ToDictionary(static field => field.Key, static field => Value(field.Value)), IsMSet = true };
        return item;
    }

    public static Document Read(DocumentTable table, Dictionary<string, AttributeValue> item)
    {
        var fields = new Dictionary<string, object>(StringComparer.Ordinal);
        if (item.TryGetValue(Fields, out var map))
        {
            foreach (var (name, value) in map.M ?? [])
                if (table.Fields.TryGetValue(name, out var type)) fields.Add(name, Read(type, value));
        }

        var (version, created) = (item[Version].N, item[Created].S);
        return new Document(
            item[Id].S, fields, item[Owner].S, long.Parse(version, CultureInfo.InvariantCulture), DocumentTime.Read(created), DocumentTime.Read(item[Updated].S))
        {
            // A document that was deleted and made anew begins with the same version, but at another time.
            Tag = $"{version}@{created}",
        };
    }

    public static (string Version, string Created) ReadTag(string tag)
    {
        var at = tag.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? ("0", "") : (tag[..at], tag[(at + 1)..]);
    }

    /// <summary>Whether a number is kept as one. Others are kept as text, which has no order among numbers.</summary>
    public static bool HoldsNumber(double number) => number == 0 || Math.Abs(number) is >= Smallest and <= Largest;

    public static AttributeValue Value(object value) => value switch
    {
        string text => new AttributeValue { S = text },
        long integer => new AttributeValue { N = integer.ToString(CultureInfo.InvariantCulture) },
        double number when HoldsNumber(number) => new AttributeValue { N = number.ToString("R", CultureInfo.InvariantCulture) },
        double number => new AttributeValue { S = number.ToString("R", CultureInfo.InvariantCulture) },
        bool truth => new AttributeValue { BOOL = truth },
        ImmutableArray<string> list => new AttributeValue { L = [.. list.Select(static element => new AttributeValue { S = element })], IsLSet = true },
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Not a value of a field."),
    };

    private static object Read(PolicyType type, AttributeValue value) => type switch
    {
        PolicyType.WholeNumber => long.Parse(value.N, CultureInfo.InvariantCulture),
        PolicyType.Number => double.Parse(value.N ?? value.S, CultureInfo.InvariantCulture),
        PolicyType.Boolean => value.BOOL ?? false,
        PolicyType.TextList => ImmutableArray.CreateRange((value.L ?? []).Select(static element => element.S)),
        _ => value.S,
    };
}
