using System.Buffers;
using System.Collections.Immutable;
using static AiMesh.ServiceDefaults.Policy.PolicyParser;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Gives names and values of single comparisons their types, and collects what does not fit.</summary>
internal sealed class RestrictionBinder(PolicySchema schema)
{
    private const int MaxKeyLength = 63;

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    public List<PolicyError> Errors { get; } = [];

    public PolicyExpression Bind(string name, int position, string op, ScannedValue value)
    {
        var left = Resolve(name, position);
        if (left is null) return PolicyExpression.Nothing;
        if (value.IsStar && op == ":") return new PresenceExpression(left);
        if (left.Type == PolicyType.TextList && op != ":") return Fail(position, $"field {Shown(name)} is a list of strings: use ':'");
        if (left.Type == PolicyType.Boolean && op is not ("=" or "!=" or ":")) return Fail(position, $"field {Shown(name)} is a boolean: use = or !=");
        if (left.Type == PolicyType.Address) return BindAddress(left, name, position, op, value);
        if (Attribute(value) is { } attribute) return BindAttribute(left, name, op, attribute, value);
        if (!schema.HasRows && !value.Quoted && schema.TryGet(value.Text, out _))
            return Fail(value.Position, $"only attributes of the user can stand here: write {Shown(value.Text)} on the left, or quote it where text is meant");
        if (schema.ChoicesOf(name) is { IsEmpty: false } choices) return BindChoice(left, name, op, choices, value);
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

    // A value that cannot be would make the comparison always false, or always true: never what the writer meant.
    private PolicyExpression BindChoice(PolicyOperand left, string name, string op, ImmutableArray<string> choices, ScannedValue value)
    {
        if (op is not ("=" or "!=")) return Fail(value.Position, $"{Shown(name)} has no order and no parts: use = or !=");
        return !value.HasWildcard && choices.Contains(value.Text)
            ? new ComparisonExpression(left, Operator(op), new LiteralOperand(value.Text, PolicyType.Text))
            : Fail(value.Position, $"{Shown(name)} is one of {string.Join(", ", choices)}, {Shown(value.Text)} is not");
    }

    private PolicyExpression BindAddress(PolicyOperand left, string name, int position, string op, ScannedValue value)
    {
        if (op is not ("=" or "!=" or ":")) return Fail(position, $"{Shown(name)} is an address: use =, != or ':'");
        return !value.HasWildcard && AddressRange.TryParse(value.Text, out var range)
            ? new NetworkExpression(left, range, Negated: op == "!=")
            : Fail(value.Position, $"{Shown(name)} is {PolicyLiteral.Describe(PolicyType.Address)}, {Shown(value.Text)} is not");
    }

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

    private AttributeOperand? Attribute(string name) => name switch
    {
        "user.id" => new AttributeOperand(AttributeSource.UserId),
        "user.organisation" => new AttributeOperand(AttributeSource.UserOrganisation),
        "row.owner" when schema.HasRows => new AttributeOperand(AttributeSource.RowOwner),
        _ when name.StartsWith("user.attributes.", StringComparison.Ordinal) && IsKey(name.AsSpan("user.attributes.".Length)) =>
            new AttributeOperand(AttributeSource.UserAttribute, name["user.attributes.".Length..]),
        _ => null,
    };

    private bool IsKey(ReadOnlySpan<char> key) => schema.HasRows ? key.Length > 0 : key.Length is > 0 and <= MaxKeyLength && !key.ContainsAnyExcept(KeyCharacters);

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
