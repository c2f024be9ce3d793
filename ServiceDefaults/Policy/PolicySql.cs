using System.Text;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Compiles expressions to PostgreSQL conditions over a table with the columns <c>fields jsonb</c> and <c>owner text</c>.
/// A condition is NULL where a value is absent, and NOT stands only around single comparisons, so used as WHERE, USING or WITH CHECK
/// (alone or joined by AND and OR) NULL means no, as <see cref="PolicyEvaluator"/> says. Inside NOT it would have to be
/// wrapped: <c>(…) IS TRUE</c>.
/// </summary>
public static class PolicySql
{
    /// <summary>For a query: literals and the caller's attributes become parameters.</summary>
    public static string ForQuery(PolicyExpression expression, PolicyCaller caller, SqlParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(parameters);
        return Write(expression, new ParameterOperands(caller, parameters));
    }

    /// <summary>
    /// For a row-level security policy, where no parameters exist: literals are quoted, attributes are read from the settings that
    /// <see cref="PolicySettings"/> names.
    /// </summary>
    public static string ForRowSecurity(PolicyExpression expression) => Write(expression, new LiteralOperands());

    /// <summary>The value of a field as SQL of its own type, NULL where absent: what conditions compare, and what a list orders by.</summary>
    public static string Field(string name, PolicyType type)
    {
        var text = $"(fields ->> {SqlText.Quote(name)})";
        return type switch
        {
            PolicyType.WholeNumber => $"({text}::bigint)",
            PolicyType.Number => $"({text}::double precision)",
            PolicyType.Boolean => $"({text}::boolean)",
            PolicyType.TextList => $"(fields -> {SqlText.Quote(name)})",
            _ => $"({text} COLLATE \"C\")",
        };
    }

    private static string Write(PolicyExpression expression, SqlOperands operands)
    {
        ArgumentNullException.ThrowIfNull(expression);
        var sql = new StringBuilder();
        Write(expression, sql, operands);
        return sql.ToString();
    }

    private static void Write(PolicyExpression expression, StringBuilder sql, SqlOperands operands)
    {
        switch (expression)
        {
            case ConstantExpression e:
                sql.Append(e.Value ? "true" : "false");
                break;
            case AndExpression e:
                Join(e.Terms, " AND ", sql, operands);
                break;
            case OrExpression e:
                Join(e.Terms, " OR ", sql, operands);
                break;
            case ComparisonExpression e:
                sql.Append(operands.Write(e.Left)).Append(Symbol(e.Operator)).Append(operands.Write(e.Right));
                break;
            case MatchExpression e:
                sql.Append(e.Negated ? "NOT " : "").Append(Match(e, operands));
                break;
            case ContainsExpression e:
                sql.Append(e.Negated ? "NOT " : "").Append('(').Append(operands.Write(e.List)).Append(" ? ").Append(operands.Write(e.Element)).Append(')');
                break;
            case PresenceExpression e:
                sql.Append(operands.Write(e.Subject)).Append(e.Negated ? " IS NULL" : " IS NOT NULL");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression), expression, "Not a known expression.");
        }
    }

    private static void Join(IReadOnlyList<PolicyExpression> terms, string word, StringBuilder sql, SqlOperands operands)
    {
        for (var i = 0; i < terms.Count; i++)
        {
            sql.Append(i == 0 ? "(" : word);
            Write(terms[i], sql, operands);
        }

        sql.Append(')');
    }

    private static string Match(MatchExpression match, SqlOperands operands)
    {
        var pattern = operands.Write(new LiteralOperand(SqlText.LikePattern(match.Pattern), PolicyType.Text));
        var subject = operands.Write(match.Subject);
        return match.Subject.Type != PolicyType.TextList
            ? $"({subject} LIKE {pattern})"
            // EXISTS over no list would be false, and its negation true: CASE keeps "absent" apart.
            : $"(CASE WHEN {subject} IS NOT NULL THEN EXISTS (SELECT FROM jsonb_array_elements_text({subject}) AS element WHERE element LIKE {pattern}) END)";
    }

    private static string Symbol(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Equal => " = ",
        ComparisonOperator.NotEqual => " <> ",
        ComparisonOperator.Less => " < ",
        ComparisonOperator.LessOrEqual => " <= ",
        ComparisonOperator.Greater => " > ",
        _ => " >= ",
    };
}
