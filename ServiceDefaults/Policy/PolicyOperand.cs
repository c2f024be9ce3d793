namespace AiMesh.ServiceDefaults.Policy;

/// <summary>One side of a comparison.</summary>
public abstract record PolicyOperand(PolicyType Type);

/// <summary>The value of a field of the row; may be absent.</summary>
public sealed record FieldOperand(string Name, PolicyType Type) : PolicyOperand(Type);

/// <summary>The keyed hash that stands beside an encrypted value (<see cref="SealedValue.Index"/>); absent where the value is.</summary>
public sealed record IndexOperand(string Name) : PolicyOperand(PolicyType.Text);

/// <summary>A property of the caller or of the row itself; always text, may be absent.</summary>
/// <param name="Source">Which one.</param>
/// <param name="Key">The key, for <see cref="AttributeSource.UserAttribute"/>; otherwise empty.</param>
public sealed record AttributeOperand(AttributeSource Source, string Key = "") : PolicyOperand(PolicyType.Text);

/// <summary>A value written in the filter or rule, of the CLR type that <see cref="PolicyType"/> names.</summary>
public sealed record LiteralOperand(object Value, PolicyType Type) : PolicyOperand(Type);

/// <summary>What an <see cref="AttributeOperand"/> stands for.</summary>
public enum AttributeSource
{
    /// <summary><c>user.id</c>: the caller's subject.</summary>
    UserId,

    /// <summary><c>user.organisation</c>: the caller's organisation.</summary>
    UserOrganisation,

    /// <summary><c>user.attributes.KEY</c>: an attribute of the caller.</summary>
    UserAttribute,

    /// <summary><c>row.owner</c>: subject of who created the row.</summary>
    RowOwner,
}
