using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Protection;

/// <summary>One way in which some roles see a field, its condition parsed.</summary>
internal sealed record CompiledFieldView(ImmutableArray<string> Roles, PolicyExpression Condition, Field.Types.Mask Mask)
{
    public bool SpeaksOf(Func<string, bool> hasRole) => Roles.Contains(CompiledRule.EveryRole) || Roles.Any(hasRole);
}

/// <summary>
/// A field that a caller sees on some rows only, masked, or decrypted: it is read, and nothing else. The first case whose condition holds says how; where none does,
/// the row has no value.
/// </summary>
/// <param name="Field">As it is defined.</param>
/// <param name="Shown">What the caller knows of it.</param>
/// <param name="Cases">What is said of the caller, in order.</param>
internal sealed record RestrictedField(Field Field, ViewField Shown, ImmutableArray<CompiledFieldView> Cases)
{
    /// <summary>The field as these roles see it; null where they do not.</summary>
    public static RestrictedField? Of(Field field, ImmutableArray<CompiledFieldView> views, Func<string, bool> hasRole)
    {
        var cases = ImmutableArray.CreateBuilder<CompiledFieldView>();
        foreach (var view in views.Where(view => view.SpeaksOf(hasRole)))
        {
            cases.Add(view);

            // Nothing behind it is ever taken.
            if (view.Condition == PolicyExpression.Everything) break;
        }

        return cases.Count == 0 ? null : new RestrictedField(field, new ViewField(field.Name, field.Type.ToPolicy(), field.Required), cases.ToImmutable());
    }

    /// <summary>An encrypted field that is seen whole, on every row.</summary>
    public static RestrictedField Whole(Field field) =>
        new(field, new ViewField(field.Name, field.Type.ToPolicy(), field.Required), [new CompiledFieldView([CompiledRule.EveryRole], PolicyExpression.Everything, Field.Types.Mask.Unspecified)]);

    /// <summary>It is as if visible_to named a role of theirs.</summary>
    public bool IsPlain => Cases is [{ Mask: Field.Types.Mask.Unspecified } only] && only.Condition == PolicyExpression.Everything;

    /// <summary>SQL of the number of the case and the value, as a JSON array; NULL where there is nothing to see.</summary>
    public string Sql(PolicyCaller caller, SqlParameters parameters)
    {
        var name = SqlText.Quote(Field.Name);
        var sql = new StringBuilder($"CASE WHEN NOT fields ? {name} THEN NULL");
        for (var i = 0; i < Cases.Length; i++)
        {
            var value = Cases[i].Mask == Field.Types.Mask.Null ? "NULL" : string.Create(CultureInfo.InvariantCulture, $"jsonb_build_array({i}, fields -> {name})");
            sql.Append(CultureInfo.InvariantCulture, $" WHEN {PolicySql.ForQuery(Cases[i].Condition, caller, parameters)} THEN {value}");
        }

        return sql.Append(" END").ToString();
    }
}
