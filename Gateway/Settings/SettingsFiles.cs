using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;

namespace AiMesh.Gateway.Settings;

/// <summary>
/// Remembers files that cannot be parsed when they are loaded again. Their provider has no values then, which must not pass for a
/// configuration in which everything was deleted.
/// </summary>
internal sealed class SettingsFiles
{
    private static readonly JsonDocumentOptions AsConfigurationReads = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly ConcurrentDictionary<string, bool> _broken = new(StringComparer.Ordinal);
    private volatile bool _started;

    /// <summary>From now on a broken file is a fault to report, and no longer a reason not to start.</summary>
    public void Started() => _started = true;

    public void Watch(IList<IConfigurationSource> sources)
    {
        foreach (var source in sources.OfType<JsonConfigurationSource>())
        {
            source.OnLoadException = failure =>
            {
                failure.Ignore = _started;
                var path = failure.Provider.Source.FileProvider?.GetFileInfo(failure.Provider.Source.Path ?? "").PhysicalPath;
                _broken[path ?? failure.Provider.Source.Path ?? "?"] = true;
            };
        }
    }

    public IEnumerable<string> Broken()
    {
        foreach (var path in _broken.Keys)
        {
            if (Parses(path))
                _broken.TryRemove(path, out _);
            else
                yield return $"{path} is not valid JSON.";
        }
    }

    private static bool Parses(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), AsConfigurationReads);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
