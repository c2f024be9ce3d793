namespace AiMesh.IoTIngest.Demo;

internal static class DemoRegistration
{
    public static void AddDemo(this WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment() || !builder.Configuration.GetValue($"{DemoOptions.Section}:{nameof(DemoOptions.Enabled)}", true))
            return;
        builder.Services.AddOptions<DemoOptions>().BindConfiguration(DemoOptions.Section)
            .Validate(options => options.Interval >= TimeSpan.FromSeconds(1), "Demo:Interval must be at least one second.").ValidateOnStart();
        builder.Services.AddHostedService<SimulatedPump>();
    }
}
