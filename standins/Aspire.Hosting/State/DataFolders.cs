using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting;

/// <summary>Where a server that runs as a program of this machine keeps its data.</summary>
internal static class DataFolders
{
    /// <summary>
    /// The folder of its volume or bind mount; or one that is emptied before each start, as the data of a container without a volume
    /// goes with it. It need not exist, but the folder that it is in does.
    /// </summary>
    public static string Of(LaunchContext context)
    {
        var mount = context.Resource.Annotations.OfType<ContainerMountAnnotation>().LastOrDefault();
        if (mount is { Type: ContainerMountType.BindMount, Source: { } source })
            return source;

        if (mount?.Source is { } volume)
            return Path.Combine(context.State.Folder("volumes"), volume);

        var scratch = Path.Combine(context.State.Folder("scratch"), context.Resource.Name);
        if (Directory.Exists(scratch))
            Directory.Delete(scratch, recursive: true);

        return scratch;
    }
}
