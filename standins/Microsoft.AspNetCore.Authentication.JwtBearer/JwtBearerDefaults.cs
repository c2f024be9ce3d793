namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Defaults of bearer authentication.</summary>
public static class JwtBearerDefaults
{
    /// <summary>The scheme's default name, and the scheme named in the challenge.</summary>
    public const string AuthenticationScheme = "Bearer";
}
