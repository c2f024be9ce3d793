using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Policy;
using Function = AiMesh.Data.V1.AggregateItemsRequest.Types.Function;

namespace AiMesh.DataService.Aggregates;

/// <summary>One column of the answer: a function over a field, or over items where there is no field.</summary>
internal sealed record Aggregate(Function Function, ViewField? Field)
{
    /// <summary>What the answer is to be read as.</summary>
    public PolicyType Type => Function switch
    {
        Function.Count => PolicyType.WholeNumber,
        Function.Average => PolicyType.Number,
        _ => Field!.Type,
    };

    /// <summary>
    /// SQL of the value. Sums and averages are reckoned in decimals: those of doubles would depend on the order in which the rows lie in the table,
    /// and that on how large hidden values are.
    /// </summary>
    public string Sql => (Function, Field) switch
    {
        (Function.Count, null) => "count(*)",
        (Function.Count, { } of) => $"count({PolicySql.Field(of.Name, of.Type)})",
        (Function.Sum, { } of) => $"sum({Decimal(of)})",
        (Function.Average, { } of) => $"avg({Decimal(of)})",
        (Function.Min, { } of) => $"min({PolicySql.Field(of.Name, of.Type)})",
        (Function.Max, { } of) => $"max({PolicySql.Field(of.Name, of.Type)})",
        _ => throw new InvalidOperationException("Not a function of an aggregation."),
    };

    /// <summary>What is wrong with the function over the field, or null.</summary>
    public static string? Fault(Function function, ViewField? field) => (function, field?.Type) switch
    {
        (Function.Count, _) => null,
        (_, null) => "expected the name of a field",
        (Function.Sum or Function.Average, not (PolicyType.WholeNumber or PolicyType.Number)) => $"field '{field!.Name}' is no number",
        (_, PolicyType.TextList or PolicyType.Boolean) => $"field '{field!.Name}' has no order",
        _ => null,
    };

    private static string Decimal(ViewField field) => $"(fields ->> {SqlText.Quote(field.Name)})::numeric";
}
