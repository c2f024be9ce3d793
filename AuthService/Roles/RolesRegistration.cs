using AiMesh.AuthService.Roles;

namespace Microsoft.Extensions.Hosting;

internal static class RolesRegistration
{
    public static void AddRoles(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<RoleAdministration>();
}
