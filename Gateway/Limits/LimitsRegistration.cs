namespace AiMesh.Gateway.Limits;

/// <summary>Rate limits per address, caller and endpoint group, credential, and organisation (G3).</summary>
internal static class LimitsRegistration
{
    private const string Connection = "redis";

    public static void AddLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LocalCounters>();
        builder.Services.AddSingleton<Limiter>();
        if (builder.Configuration.GetConnectionString(Connection) is null)
            return;

        builder.AddRedisClient(Connection, settings =>
        {
            settings.DisableHealthChecks = true; // Redis away means degraded here, not unhealthy.
            settings.DisableAutoActivation = false;
        });
        builder.Services.AddSingleton<SharedCounters>();
        builder.Services.AddHealthChecks().AddCheck<LimitHealthCheck>("limits");
    }

    public static void UseLimits(this WebApplication app) => app.UseMiddleware<LimitsMiddleware>();

    /// <summary>Puts a hand-written endpoint into a limit group.</summary>
    public static TBuilder WithLimit<TBuilder>(this TBuilder builder, LimitGroup group) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new LimitGroupMetadata(group));
}
