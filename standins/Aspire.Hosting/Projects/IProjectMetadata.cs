using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A project that the AppHost refers to; the build generates one class for each, in the namespace Projects.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>Full path of the project file.</summary>
    string ProjectPath { get; }

    /// <summary>Launch settings to use instead of those in the project's folder.</summary>
    LaunchSettings? LaunchSettings => null;

    /// <summary>The project is built together with the AppHost, so that it is not built again when it starts.</summary>
    bool SuppressBuild => false;
}

internal sealed record ProjectPathMetadata(string ProjectPath) : IProjectMetadata;
