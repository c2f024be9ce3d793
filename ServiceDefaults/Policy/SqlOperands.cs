using System.Globalization;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>How operands appear in SQL: the one thing in which queries and row security differ.</summary>
internal abstract class SqlOperands
{
    public string Write(PolicyOperand operand) => operand switch
    {
        FieldOperand field => PolicySql.Field(field.Name, field.Type),
        IndexOperand index => $"((fields -> {SqlText.Quote(index.Name)} ->> '{SealedValue.IndexName}') COLLATE \"C\")",
        AttributeOperand { Source: AttributeSource.RowOwner } => "(owner COLLATE \"C\")",
        AttributeOperand attribute => Caller(attribute),
        LiteralOperand literal => Literal(literal),
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, "Not a known operand."),
    };

    protected abstract string Caller(AttributeOperand attribute);

    protected abstract string Literal(LiteralOperand literal);
}

internal sealed class ParameterOperands(PolicyCaller caller, SqlParameters parameters) : SqlOperands
{
    protected override string Caller(AttributeOperand attribute) => parameters.Add(caller.Value(attribute), PolicyType.Text);

    protected override string Literal(LiteralOperand literal) => parameters.Add(literal.Value, literal.Type);
}

internal sealed class LiteralOperands : SqlOperands
{
    protected override string Caller(AttributeOperand attribute) => attribute.Source switch
    {
        AttributeSource.UserId => PolicySettings.Read(PolicySettings.User),
        AttributeSource.UserOrganisation => PolicySettings.Read(PolicySettings.Organisation),
        _ => PolicySettings.ReadAttribute(attribute.Key),
    };

    protected override string Literal(LiteralOperand literal) => literal.Value switch
    {
        string text => SqlText.Quote(text),
        long integer => string.Create(CultureInfo.InvariantCulture, $"({integer})::bigint"),
        double number => string.Create(CultureInfo.InvariantCulture, $"'{number:R}'::double precision"),
        bool truth => truth ? "true" : "false",
        _ => throw new ArgumentOutOfRangeException(nameof(literal), literal, "Not a value of a literal."),
    };
}
