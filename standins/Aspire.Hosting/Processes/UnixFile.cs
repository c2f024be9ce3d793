namespace Aspire.Hosting.Processes;

/// <summary>Files that only their owner can read, also in the moment of their creation.</summary>
internal static class UnixFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Replaces the file in one step: a reader, or a crash, sees the old text or the new one.</summary>
    public static void WriteAllText(string path, string text)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        using (var stream = new FileStream(fresh, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
