namespace AiMesh.AppHost.Certificates;

/// <summary>Files and folders that only their owner can read, also in the moment of their creation.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute);
    }

    /// <summary>Replaces the file in one step: who reads meanwhile sees the old text or the new one.</summary>
    public static void Replace(string path, string text)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Owner;
        using (var writer = new StreamWriter(fresh, options)) writer.Write(text);
        File.Move(fresh, path, overwrite: true);
    }
}
