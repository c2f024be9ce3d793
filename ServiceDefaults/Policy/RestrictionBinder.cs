using static AiMesh.ServiceDefaults.Policy.PolicyParser;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Gives names and values of single comparisons their types, and collects what does not fit.</summary>
internal sealed class RestrictionBinder(PolicySchema schema)
{
    public List<PolicyError> Errors { get; } = [];

    public PolicyExpression Bind(string name, int position, string op, ScannedValue value)
    {
        var left = Resolve(name, position);
        if (left is null) return PolicyExpression.Nothing;
        if (value.IsStar && op == ":") return new PresenceExpression(left);
        if (left.Type == PolicyType.TextList && op != ":") return Fail(position, $"field {Shown(name)} is a list of strings: use ':'");
        if (left.Type == PolicyType.Boolean && op is not ("=" or "!=" or ":")) return Fail(position, $"field {Shown(name)} is a boolean: use = or !=");
        if (Attribute(value) is { } attribute) return BindAttribute(left, name, op, attribute, value);
        if (left is AttributeOperand && !value.Quoted && schema.TryGet(value.Text, out _))
        {
            // Would compare with the name of the field, which nobody means.
            return Fail(value.Position, $"write the field {Shown(value.Text)} on the left, or quote the text");
        }

        if (left.Type is PolicyType.Text or PolicyType.TextList && (value.HasWildcard || op == ":")) return BindText(left, op, value);
        if (value.HasWildcard) return Fail(value.Position, $"'*' stands for any text, but {Shown(name)} is no text");
        return PolicyLiteral.TryParse(value.Text, left.Type, out var literal)
            ? new ComparisonExpression(left, Operator(op), new LiteralOperand(literal, left.Type))
            : Fail(value.Position, $"field {Shown(name)} is {PolicyLiteral.Describe(left.Type)}, {Shown(value.Text)} is not");
    }

    private PolicyExpression BindAttribute(PolicyOperand left, string name, string op, AttributeOperand attribute, ScannedValue value) => (left, op) switch
    {
        (FieldOperand { Type: PolicyType.TextList } list, _) => new ContainsExpression(list, attribute),
        ({ Type: PolicyType.Text }, ":") => Fail(value.Position, "':' looks for written text only: use ="),
        ({ Type: PolicyType.Text }, _) => new ComparisonExpression(left, Operator(op), attribute),
        _ => Fail(value.Position, $"field {Shown(name)} is {PolicyLiteral.Describe(left.Type)}, {value.Text} is text"),
    };

    // ':' on text means "has this text in it", on a list "has this element"; stars say more exactly where.
    private PolicyExpression BindText(PolicyOperand left, string op, ScannedValue value)
    {
        if (op is not (":" or "=" or "!=")) return Fail(value.Position, "'*' cannot be ordered: use =, != or ':'");
        if (left is FieldOperand { Type: PolicyType.TextList } list && !value.HasWildcard)
        {
            return new ContainsExpression(list, new LiteralOperand(value.Text, PolicyType.Text));
        }

        var anywhere = !value.HasWildcard;
        var pattern = new TextPattern(value.Text, value.AnyBefore || anywhere, value.AnyAfter || anywhere);
        return new MatchExpression(left, pattern, Negated: op == "!=");
    }

    private PolicyOperand? Resolve(string name, int position)
    {
        if (schema.TryGet(name, out var type)) return new FieldOperand(name, type);
        if (schema.AllowsAttributes && Attribute(name) is { } attribute) return attribute;

        // The same text for a field that is hidden and one that is not there.
        Errors.Add(new PolicyError(position, $"unknown field {Shown(name)}"));
        return null;
    }

    private AttributeOperand? Attribute(ScannedValue value)
    {
        if (!schema.AllowsAttributes || value.Quoted || value.HasWildcard) return null;
        var attribute = Attribute(value.Text);
        if (attribute is null && (value.Text.StartsWith("user.", StringComparison.Ordinal) || value.Text.StartsWith("row.", StringComparison.Ordinal)))
        {
            Errors.Add(new PolicyError(value.Position, $"unknown attribute {Shown(value.Text)}; quote it where text is meant"));
        }

        return attribute;
    }

    private static AttributeOperand? Attribute(string name) => name switch
    {
        "user.id" => new AttributeOperand(AttributeSource.UserId),
        "user.organisation" => new AttributeOperand(AttributeSource.UserOrganisation),
        "row.owner" => new AttributeOperand(AttributeSource.RowOwner),
        _ when name.StartsWith("user.attributes.", StringComparison.Ordinal) && name.Length > "user.attributes.".Length =>
            new AttributeOperand(AttributeSource.UserAttribute, name["user.attributes.".Length..]),
        _ => null,
    };

    private static ComparisonOperator Operator(string op) => op switch
    {
        "=" or ":" => ComparisonOperator.Equal,
        "!=" => ComparisonOperator.NotEqual,
        "<" => ComparisonOperator.Less,
        "<=" => ComparisonOperator.LessOrEqual,
        ">" => ComparisonOperator.Greater,
        ">=" => ComparisonOperator.GreaterOrEqual,
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Not an operator of the scanner."),
    };

    private PolicyExpression Fail(int position, string message)
    {
        Errors.Add(new PolicyError(position, message));
        return PolicyExpression.Nothing;
    }
}
