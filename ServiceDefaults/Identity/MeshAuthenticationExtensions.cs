using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Authentication of callers by the mesh's access tokens.</summary>
public static class MeshAuthenticationExtensions
{
    /// <summary>The default scheme. It forwards to "Bearer", or where <see cref="MeshAuthenticationOptions.SchemeSelectors"/> say.</summary>
    public const string MeshScheme = "mesh";

    /// <summary>
    /// Verifies access tokens against the authority's published keys and turns them into a <see cref="Principal"/>. A service adds
    /// schemes of its own through <see cref="MeshAuthenticationOptions.SchemeSelectors"/>.
    /// </summary>
    public static AuthenticationBuilder AddMeshAuthentication(
        this IHostApplicationBuilder builder, Action<MeshAuthenticationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddServiceIdentity();
        var services = builder.Services;
        var section = builder.Configuration.GetSection(MeshAuthenticationOptions.Section);
        services.AddOptions<MeshAuthenticationOptions>().Bind(section).Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshAuthenticationOptions>, MeshAuthenticationOptionsValidator>());

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RevocationList>();
        services.TryAddSingleton<AccessTokenVerifier>();
        services.TryAddSingleton<MeshTokenHandler>();
        AddAuthority(services);

        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<MeshTokenHandler>(static (options, handler) =>
        {
            options.TokenHandlers.Clear();
            options.TokenHandlers.Add(handler);
        });

        return services.AddAuthentication(MeshScheme)
            .AddPolicyScheme(MeshScheme, displayName: null, options => options.ForwardDefaultSelector = SelectScheme)
            .AddJwtBearer(JwtBearerDefaults.AuthenticationScheme, static options =>
            {
                options.SaveToken = false;
                options.MapInboundClaims = false;
                options.Events = new JwtBearerEvents { OnMessageReceived = TakeTokenOfWebSocket, OnAuthenticationFailed = NoteFailure };
            });
    }

    private static void AddAuthority(IServiceCollection services)
    {
        services.AddHttpClient(JwksKeySource.ClientName, static (provider, client) => client.BaseAddress = Authority(provider))
            .UseMeshIdentity(static provider => Authority(provider).Host)

            // Without the defaults' retries: whoever fetches asks again anyway, and sooner.
            .ConfigureAdditionalHttpMessageHandlers(static (handlers, _) =>
            {
                foreach (var resilience in handlers.OfType<ResilienceHandler>().ToArray()) handlers.Remove(resilience);
            });
        services.TryAddSingleton<JwksKeySource>();
        services.TryAddSingleton<RevocationPoller>();
        services.TryAddSingleton<RevocationSubscriber>();
        services.TryAddSingleton<AccessPolicies>();
        services.TryAddSingleton<AccessPolicyPoller>();

        // Whether this host is the authority is an option, so it is known only when the container is built.
        services.TryAddSingleton<IAccessTokenKeySource>(static provider => IsAuthority(provider)
            ? throw new InvalidOperationException($"The authority must register its own {nameof(IAccessTokenKeySource)}.")
            : provider.GetRequiredService<JwksKeySource>());
        services.AddHostedService(static provider => new AuthorityFollower(IsAuthority(provider)
            ? []
            :
            [
                provider.GetRequiredService<JwksKeySource>(), provider.GetRequiredService<RevocationPoller>(),
                provider.GetRequiredService<AccessPolicyPoller>(), provider.GetRequiredService<RevocationSubscriber>(),
            ]));
        services.AddHealthChecks().AddCheck<AuthorityHealthCheck>("authority");
    }

    private static Uri Authority(IServiceProvider provider) => provider.GetRequiredService<IOptions<MeshAuthenticationOptions>>().Value.Authority;

    private static bool IsAuthority(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<MeshAuthenticationOptions>>().Value.IsAuthority;

    private static string SelectScheme(HttpContext httpContext)
    {
        var selectors = httpContext.RequestServices.GetRequiredService<IOptions<MeshAuthenticationOptions>>().Value.SchemeSelectors;
        foreach (var selector in selectors)
            if (selector(httpContext) is { } scheme) return scheme;

        return JwtBearerDefaults.AuthenticationScheme;
    }

    /// <summary>Browsers cannot set headers on a WebSocket, and on nothing else may a token stand in an address, which gets logged.</summary>
    private static Task TakeTokenOfWebSocket(MessageReceivedContext context)
    {
        if (IsWebSocket(context.HttpContext) && context.Request.Query["access_token"] is [{ Length: > 0 } token]) context.Token = token;
        return Task.CompletedTask;
    }

    private static bool IsWebSocket(HttpContext httpContext) =>
        string.Equals(httpContext.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
            ? httpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            : httpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };

    private static Task NoteFailure(AuthenticationFailedContext context)
    {
        if (context.Exception is TokenRejectedException refused) AuthenticationFailure.Note(context.HttpContext, refused.Reason);
        else AuthenticationFailure.Note(context.HttpContext, "CREDENTIAL_INVALID");
        return Task.CompletedTask;
    }
}
