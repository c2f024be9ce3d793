using System.Collections.Immutable;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>What a rule may know of the caller.</summary>
/// <param name="Id">Subject; empty counts as absent.</param>
/// <param name="Organisation">Organisation; empty counts as absent.</param>
/// <param name="Attributes">Attributes by key; a missing key is absent.</param>
public sealed record PolicyCaller(string Id, string Organisation, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>The caller's value of an attribute, or null; not for <see cref="AttributeSource.RowOwner"/>, which is the row's.</summary>
    public string? Value(AttributeOperand attribute)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        return attribute.Source switch
        {
            AttributeSource.UserId => Id.Length == 0 ? null : Id,
            AttributeSource.UserOrganisation => Organisation.Length == 0 ? null : Organisation,
            AttributeSource.UserAttribute => Attributes.GetValueOrDefault(attribute.Key),
            _ => throw new ArgumentOutOfRangeException(nameof(attribute), attribute, "Not an attribute of the caller."),
        };
    }
}

/// <summary>A row in memory.</summary>
/// <param name="Values">By field name, each in the CLR type that <see cref="PolicyType"/> names
/// (<see cref="ImmutableArray{T}"/> of string for lists); a field without a value is missing.</param>
/// <param name="Owner">Subject of who created it, or null.</param>
public sealed record PolicyRow(IReadOnlyDictionary<string, object> Values, string? Owner);
