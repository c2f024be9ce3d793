using AiMesh.AuthService.Users;

namespace Microsoft.Extensions.Hosting;

internal static class UsersRegistration
{
    public static void AddUsers(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<EmailAddresses>();
        builder.Services.AddSingleton<UserTokens>();
        builder.Services.AddSingleton<UserAdministration>();
    }
}
