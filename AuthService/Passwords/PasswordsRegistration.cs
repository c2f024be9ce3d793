using AiMesh.AuthService.Passwords;

namespace Microsoft.Extensions.Hosting;

internal static class PasswordsRegistration
{
    public static void AddPasswords(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<PasswordOptions>().BindConfiguration(PasswordOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<PasswordHasher>();
    }
}
