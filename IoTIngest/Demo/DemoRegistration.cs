namespace AiMesh.IoTIngest.Demo;

internal static class DemoRegistration
{
    /// <summary>A simulated device, so that charts are not empty; in Development, or where the configuration says so.</summary>
    public static void AddDemo(this WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection(DemoOptions.Section);
        if (!section.GetValue(nameof(DemoOptions.Enabled), builder.Environment.IsDevelopment()))
            return;

        builder.Services.AddOptions<DemoOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<DemoRegistry>();
        builder.Services.AddHostedService<DemoSimulator>();
    }
}
