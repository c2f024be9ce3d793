using AiMesh.AiService.Chat;

namespace Microsoft.Extensions.Hosting;

internal static class ChatRegistration
{
    public static void AddChat(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<ChatRequests>();
}
