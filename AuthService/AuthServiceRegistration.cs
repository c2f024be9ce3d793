namespace Microsoft.Extensions.Hosting;

/// <summary>Everything this service is made of, in the order in which it starts.</summary>
internal static class AuthServiceRegistration
{
    public static void AddAuthService(this IHostApplicationBuilder builder)
    {
        builder.AddStorage();
        builder.AddAudit();
        builder.AddPasswords();
        builder.AddKeys();
        builder.AddRevocations();
        builder.AddUsers();
        builder.AddRoles();
        builder.AddPolicies();
        builder.AddSessions();
        builder.AddApiKeys();
        builder.AddClients();
        builder.AddExternalSignIn();
        builder.AddPrivacy();
        builder.AddDemo();
        if (builder.Configuration.GetConnectionString("redis") is not null) builder.AddRedisClient("redis");
    }
}
