using System.Text.Json;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.State;

/// <summary>Generated secrets of one AppHost, in a file that only its owner can read.</summary>
internal sealed class SecretStore(string path)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly Lock _lock = new();

    public string GetOrAdd(string name, Func<string> create)
    {
        lock (_lock)
        {
            var secrets = File.Exists(path)
                ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(path)) ?? []
                : [];
            if (secrets.TryGetValue(name, out var value))
                return value;

            value = secrets[name] = create();
            UnixFile.WriteAllText(path, JsonSerializer.Serialize(secrets, Indented));
            return value;
        }
    }
}
