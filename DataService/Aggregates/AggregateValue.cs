using System.Globalization;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.DataService.Aggregates;

/// <summary>Turns what the database wrote as text into values of an answer, spelt as items spell them.</summary>
internal static class AggregateValue
{
    private const long MaxExactInteger = 1L << 53;

    public static Value Read(string? text, PolicyType type) => (text, type) switch
    {
        (null, _) => Value.ForNull(),
        (_, PolicyType.WholeNumber) => long.TryParse(text, CultureInfo.InvariantCulture, out var integer) && integer is <= MaxExactInteger and >= -MaxExactInteger
            ? Value.ForNumber(integer)
            : Value.ForString(text),
        (_, PolicyType.Number) => double.Parse(text, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? Value.ForNumber(number) : Value.ForString(text),
        (_, PolicyType.Boolean) => Value.ForBool(text == "true"),
        (_, PolicyType.Timestamp) => Value.ForString(ItemJson.Short(text)),
        _ => Value.ForString(text),
    };
}
