using System.Text;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores.Firestore;

/// <summary>
/// Compiles expressions to filters of Firestore's structured queries: equality of a field, and elements of lists, joined by AND and OR. These and the order by id are
/// served by the indexes that every field has; ranges would take an index a combination, made beforehand, so they are left to the memory.
/// </summary>
/// <param name="Json">A Filter of the API.</param>
/// <param name="Disjuncts">How many terms it has when written as OR of ANDs.</param>
/// <param name="HasContains">A term asks for an element of a list; no AND may hold two of these.</param>
internal sealed record FirestoreFilter(JsonObject Json, int Disjuncts, bool HasContains)
{
    // https://firebase.google.com/docs/firestore/query-data/queries#limitations_7
    private const int MaxDisjuncts = 30;

    // Longer texts are cut off in indexes: https://firebase.google.com/docs/firestore/quotas#indexes
    private const int MaxIndexedBytes = 1500;

    /// <summary>Null where everything has to be looked at.</summary>
    public static FirestoreFilter? Of(PolicyExpression bound) => bound switch
    {
        AndExpression e => All(e),
        OrExpression e => Any(e),
        ComparisonExpression { Operator: ComparisonOperator.Equal, Right: LiteralOperand literal } e => Test(e.Left, "EQUAL", literal, isContains: false),
        ContainsExpression { Negated: false, Element: LiteralOperand literal } e => Test(e.List, "ARRAY_CONTAINS", literal, isContains: true),
        _ => null,
    };

    private static FirestoreFilter? All(AndExpression expression)
    {
        // What does not fit is left out: fewer terms only let more through.
        var (taken, disjuncts, hasContains) = (new List<FirestoreFilter>(), 1, false);
        foreach (var term in expression.Terms.Select(Of).OfType<FirestoreFilter>().OrderBy(static term => term.Disjuncts))
        {
            if (disjuncts * term.Disjuncts > MaxDisjuncts || (hasContains && term.HasContains)) continue;
            taken.Add(term);
            (disjuncts, hasContains) = (disjuncts * term.Disjuncts, hasContains || term.HasContains);
        }

        return Join("AND", taken, disjuncts, hasContains);
    }

    private static FirestoreFilter? Any(OrExpression expression)
    {
        var terms = expression.Terms.Select(Of).ToList();
        var disjuncts = terms.Sum(static term => term?.Disjuncts ?? 0);
        return terms.Contains(null) || disjuncts > MaxDisjuncts ? null : Join("OR", terms!, disjuncts, terms.Exists(static term => term!.HasContains));
    }

    private static FirestoreFilter? Join(string op, List<FirestoreFilter> terms, int disjuncts, bool hasContains) => terms switch
    {
        [] => null,
        [var only] => only,
        _ => new FirestoreFilter(
            new JsonObject { ["compositeFilter"] = new JsonObject { ["op"] = op, ["filters"] = new JsonArray([.. terms.Select(static term => term.Json)]) } }, disjuncts, hasContains),
    };

    private static FirestoreFilter? Test(PolicyOperand operand, string op, LiteralOperand literal, bool isContains)
    {
        if (literal.Value is string text && Encoding.UTF8.GetByteCount(text) > MaxIndexedBytes) return null;
        var path = operand is FieldOperand field ? $"{FirestoreValues.Fields}.{field.Name}" : FirestoreValues.Owner;
        var test = new JsonObject { ["field"] = new JsonObject { ["fieldPath"] = path }, ["op"] = op, ["value"] = FirestoreValues.Value(literal.Value) };
        return new FirestoreFilter(new JsonObject { ["fieldFilter"] = test }, 1, isContains);
    }
}
