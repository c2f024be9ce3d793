using AiMesh.AiService.Usage;

namespace Microsoft.Extensions.Hosting;

internal static class UsageRegistration
{
    public static void AddUsage(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<UsageStore>();
}
