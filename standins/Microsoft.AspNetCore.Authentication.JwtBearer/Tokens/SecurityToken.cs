namespace Microsoft.IdentityModel.Tokens;

/// <summary>A token that was read.</summary>
public abstract class SecurityToken
{
    /// <summary>Unique id (<c>jti</c>).</summary>
    public abstract string Id { get; }

    /// <summary>Who issued it (<c>iss</c>).</summary>
    public abstract string Issuer { get; }

    /// <summary>The key that goes with the token, if there is one.</summary>
    public abstract SecurityKey SecurityKey { get; }

    /// <summary>The key that verified the signature.</summary>
    public abstract SecurityKey SigningKey { get; set; }

    /// <summary>Begin of the lifetime (<c>nbf</c>), UTC; <see cref="DateTime.MinValue"/> when there is none.</summary>
    public abstract DateTime ValidFrom { get; }

    /// <summary>End of the lifetime (<c>exp</c>), UTC; <see cref="DateTime.MinValue"/> when there is none.</summary>
    public abstract DateTime ValidTo { get; }
}
