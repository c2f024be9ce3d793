using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Derives settings from each other, once the application has configured a scheme.</summary>
public class JwtBearerPostConfigureOptions : IPostConfigureOptions<JwtBearerOptions>
{
    private const string WellKnownPath = ".well-known/openid-configuration";

    /// <summary>Fills in audience and metadata address.</summary>
    /// <exception cref="InvalidOperationException">The metadata address is not https though that is required.</exception>
    public void PostConfigure(string? name, JwtBearerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        if (string.IsNullOrEmpty(options.TokenValidationParameters.ValidAudience) && !string.IsNullOrEmpty(options.Audience))
        {
            options.TokenValidationParameters.ValidAudience = options.Audience;
        }

        if (string.IsNullOrEmpty(options.MetadataAddress) && !string.IsNullOrEmpty(options.Authority))
        {
            options.MetadataAddress = $"{options.Authority.TrimEnd('/')}/{WellKnownPath}";
        }

        if (options.RequireHttpsMetadata
            && !string.IsNullOrEmpty(options.MetadataAddress)
            && !options.MetadataAddress.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(
                "The MetadataAddress or Authority must use HTTPS unless disabled for development by setting RequireHttpsMetadata=false.");
        }
    }
}
