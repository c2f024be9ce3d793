using System.Reflection;

namespace Aspire.Hosting;

/// <summary>What the build wrote into the AppHost's assembly; see build/Aspire.Hosting.targets.</summary>
internal static class AppHostMetadata
{
    private const string ProjectDirectoryKey = "apphostprojectpath";
    private const string ProjectOutputKey = "aspireprojectoutput:";

    public static string? ProjectDirectory(Assembly? appHost) => Read(appHost, ProjectDirectoryKey);

    /// <summary>Path of the assembly that building a referenced project gives.</summary>
    public static string? ProjectOutput(Assembly? appHost, string projectPath) => Read(appHost, ProjectOutputKey + projectPath);

    private static string? Read(Assembly? appHost, string key) =>
        appHost?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(attribute => attribute.Key == key)?.Value;
}
