namespace Microsoft.IdentityModel.Tokens;

/// <summary>A key for signatures, as token handlers know it.</summary>
public abstract class SecurityKey
{
#pragma warning disable CA1012 // Public as that of the real class.
    /// <summary>Creates a key.</summary>
    public SecurityKey()
    {
    }
#pragma warning restore CA1012

    /// <summary>Size in bits.</summary>
    public abstract int KeySize { get; }

    /// <summary>Id of the key (<c>kid</c>).</summary>
    public virtual string KeyId { get; set; } = default!;
}
