using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Projects;

/// <summary>The variables that every project gets, before those that the AppHost adds itself.</summary>
internal static class ProjectEnvironment
{
    public static void Fill(EnvironmentCallbackContext context, IDistributedApplicationBuilder builder, LaunchProfile? profile)
    {
        var variables = context.EnvironmentVariables;
        foreach (var (name, value) in profile?.EnvironmentVariables ?? [])
            variables[name] = value;

        variables.TryAdd("DOTNET_ENVIRONMENT", builder.Environment.EnvironmentName);
        variables.TryAdd("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName);

        // One entry a line, with colours: the host shows what the process writes.
        variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";

        AddEndpoints(variables, (IResourceWithEndpoints)context.Resource);
        OtlpConfigurationExtensions.AddOtlpVariables(variables, context.Resource, builder.Configuration, builder.Environment);
    }

    private static void AddEndpoints(Dictionary<string, object> variables, IResourceWithEndpoints resource)
    {
        var endpoints = resource.GetEndpoints()
            .Where(endpoint => endpoint.Scheme is "http" or "https" && !endpoint.EndpointAnnotation.HasOwnVariable)
            .ToArray();

        // Kestrel ignores ASPNETCORE_URLS when it has endpoints of its own, so all of them must be told that way.
        if (endpoints.Any(endpoint => endpoint.EndpointAnnotation.IsFromKestrel))
        {
            foreach (var endpoint in endpoints)
                variables[$"Kestrel__Endpoints__{endpoint.EndpointName}__Url"] = ListenUrl(endpoint);
        }
        else if (endpoints.Length > 0)
        {
            var urls = new ReferenceExpressionBuilder();
            foreach (var endpoint in endpoints)
            {
                urls.AppendLiteral(urls.IsEmpty ? "" : ";");
                urls.AppendFormatted(ListenUrl(endpoint));
            }

            variables.TryAdd("ASPNETCORE_URLS", urls.Build());
        }
    }

    private static ReferenceExpression ListenUrl(EndpointReference endpoint) =>
        ReferenceExpression.Create($"{endpoint.Scheme}://{endpoint.EndpointAnnotation.TargetHost}:{endpoint.Property(EndpointProperty.TargetPort)}");
}
