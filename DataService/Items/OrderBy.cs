using System.Collections.Immutable;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Items;

/// <summary>One field of an order.</summary>
internal sealed record OrderTerm(ViewField Field, bool Descending)
{
    public string Expression { get; } = PolicySql.Field(Field.Name, Field.Type);
}

/// <summary>Reads AIP-132's order_by.</summary>
internal static class OrderBy
{
    private const int MaxTerms = 5;

    public static Result<ImmutableArray<OrderTerm>> Parse(string text, DatasetView view)
    {
        if (string.IsNullOrWhiteSpace(text)) return ImmutableArray<OrderTerm>.Empty;
        if (text.Length > 1000) return Wrong("expected at most 1000 characters");
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length > MaxTerms) return Wrong($"expected at most {MaxTerms} fields");
        var terms = ImmutableArray.CreateBuilder<OrderTerm>();
        foreach (var part in parts)
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not ([_] or [_, "asc" or "desc"])) return Wrong("expected fields divided by commas, each alone or with asc or desc");
            if (view.Find(words[0]) is not { } field) return Wrong(ItemFilter.Unknown(words[0], view));
            if (field.Type == PolicyType.TextList) return Wrong($"field '{field.Name}' is a list of strings and has no order");
            if (terms.Any(t => t.Field == field)) return Wrong($"field '{field.Name}' is named twice");
            terms.Add(new OrderTerm(field, words is [_, "desc"]));
        }

        return terms.ToImmutable();
    }

    private static InvalidField Wrong(string description) => new("order_by", description);
}
