using AiMesh.AuthService.Demo;

namespace Microsoft.Extensions.Hosting;

internal static class DemoRegistration
{
    public static void AddDemo(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<DemoOptions>().BindConfiguration(DemoOptions.Section);
        builder.Services.AddHostedService<DemoSeed>();
    }
}
