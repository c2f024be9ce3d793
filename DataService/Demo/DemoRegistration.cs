namespace AiMesh.DataService.Demo;

internal static class DemoRegistration
{
    public static void AddDemo(this IHostApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(DemoOptions.Section).Get<DemoOptions>() ?? new DemoOptions();
        if (options.Enabled) builder.Services.AddHostedService<DemoSeed>();
    }
}
