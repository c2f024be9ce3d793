namespace Microsoft.IdentityModel.Tokens;

/// <summary>A key for signatures, as token handlers know it.</summary>
public abstract class SecurityKey
{
    /// <summary>Size in bits.</summary>
    public abstract int KeySize { get; }

    /// <summary>Id of the key (<c>kid</c>).</summary>
    public virtual string KeyId { get; set; } = default!;
}
