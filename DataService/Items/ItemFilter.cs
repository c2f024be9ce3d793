using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Items;

/// <summary>Reads AIP-160's filter over what the caller sees.</summary>
internal static class ItemFilter
{
    public static Result<PolicyExpression> Parse(string filter, DatasetView view)
    {
        var parsed = PolicyParser.Parse(filter, view.FilterSchema);
        if (parsed.Expression is null) return new InvalidFields([.. parsed.Errors.Select(e => new FieldViolation("filter", e.ToString()))]);
        if (view.Dataset.Encrypted.Count == 0) return parsed.Expression;
        var faults = new List<string>();
        var expression = Blind(parsed.Expression, view, faults);
        return faults.Count == 0 ? expression : new InvalidFields([.. faults.Distinct().Select(fault => new FieldViolation("filter", fault))]);
    }

    /// <summary>What an error says of a name that the caller cannot use: whether it is hidden or does not exist makes no difference.</summary>
    public static string Unknown(string name, DatasetView view) => view.FindEncrypted(name) is not null
        ? $"field '{name}' is encrypted: it can be read, not filtered, ordered or grouped"
        : $"unknown field '{(name.Length > 60 ? name[..60] : name)}'";

    // The database knows of an encrypted field its keyed hash, and whether there is a value.
    private static PolicyExpression Blind(PolicyExpression expression, DatasetView view, List<string> faults)
    {
        switch (expression)
        {
            case AndExpression e:
                return PolicyExpression.AllOf([.. e.Terms.Select(term => Blind(term, view, faults))]);
            case OrExpression e:
                return PolicyExpression.AnyOf([.. e.Terms.Select(term => Blind(term, view, faults))]);
            case ComparisonExpression { Operator: ComparisonOperator.Equal or ComparisonOperator.NotEqual, Left: FieldOperand field, Right: LiteralOperand { Value: string text } } e
                when Encrypted(field, view) is { EqualityIndex: true }:
                return e with { Left = new IndexOperand(field.Name), Right = new LiteralOperand(view.Dataset.Cipher.Index(field.Name, text), PolicyType.Text) };
            case PresenceExpression { Subject: FieldOperand field } e when Encrypted(field, view) is not null:
                return e with { Subject = new FieldOperand(field.Name, PolicyType.Text) };
            default:
                foreach (var field in Operands(expression).OfType<FieldOperand>())
                {
                    if (Encrypted(field, view) is { } encrypted)
                        faults.Add($"field '{field.Name}' is encrypted: only {(encrypted.EqualityIndex ? "= and != with a value, and :*, apply" : ":* applies")}");
                }

                return expression;
        }
    }

    private static Data.V1.Field? Encrypted(FieldOperand field, DatasetView view) => view.Dataset.Encrypted.GetValueOrDefault(field.Name);

    private static PolicyOperand[] Operands(PolicyExpression expression) => expression switch
    {
        ComparisonExpression e => [e.Left, e.Right],
        MatchExpression e => [e.Subject],
        ContainsExpression e => [e.List, e.Element],
        PresenceExpression e => [e.Subject],
        _ => [],
    };
}
