using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds authentication by a bearer token from the <c>Authorization</c> header.</summary>
public static class JwtBearerExtensions
{
    /// <summary>Adds the scheme <see cref="JwtBearerDefaults.AuthenticationScheme"/>.</summary>
    public static AuthenticationBuilder AddJwtBearer(this AuthenticationBuilder builder)
        => builder.AddJwtBearer(JwtBearerDefaults.AuthenticationScheme, static _ => { });

    /// <summary>Adds a scheme that is configured elsewhere, through <c>Configure&lt;JwtBearerOptions&gt;</c>.</summary>
    public static AuthenticationBuilder AddJwtBearer(this AuthenticationBuilder builder, string authenticationScheme)
        => builder.AddJwtBearer(authenticationScheme, static _ => { });

    /// <summary>Adds the scheme <see cref="JwtBearerDefaults.AuthenticationScheme"/> and configures it.</summary>
    public static AuthenticationBuilder AddJwtBearer(this AuthenticationBuilder builder, Action<JwtBearerOptions> configureOptions)
        => builder.AddJwtBearer(JwtBearerDefaults.AuthenticationScheme, configureOptions);

    /// <summary>Adds a scheme and configures it.</summary>
    public static AuthenticationBuilder AddJwtBearer(
        this AuthenticationBuilder builder,
        string authenticationScheme,
        Action<JwtBearerOptions> configureOptions)
        => builder.AddJwtBearer(authenticationScheme, displayName: null, configureOptions);

    /// <summary>Adds a scheme with a name for people, and configures it.</summary>
    public static AuthenticationBuilder AddJwtBearer(
        this AuthenticationBuilder builder,
        string authenticationScheme,
        string? displayName,
        Action<JwtBearerOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>());
        return builder.AddScheme<JwtBearerOptions, JwtBearerHandler>(authenticationScheme, displayName, configureOptions);
    }
}
