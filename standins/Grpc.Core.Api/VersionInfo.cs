namespace Grpc.Core;

/// <summary>The version of the package this assembly stands for.</summary>
public static class VersionInfo
{
    /// <summary>Version that other assemblies bind to.</summary>
    public const string CurrentAssemblyVersion = "2.0.0.0";

    /// <summary>Version of the file.</summary>
    public const string CurrentAssemblyFileVersion = "2.85.0.0";

    /// <summary>Version of the package.</summary>
    public const string CurrentVersion = "2.85.0";
}
