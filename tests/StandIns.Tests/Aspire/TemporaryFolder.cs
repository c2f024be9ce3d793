namespace AiMesh.StandIns.Tests.Aspire;

/// <summary>A path, with a space in it, for a folder that other accounts can reach; deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine("/tmp", $"aspire tests {System.IO.Path.GetRandomFileName()}");

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
