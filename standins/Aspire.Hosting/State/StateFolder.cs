using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.State;

/// <summary>
/// Where one AppHost keeps what outlives a run: data of its servers and generated secrets. One running AppHost holds it at a time.
/// Configuration <c>Aspire:StatePath</c>; else, by AppHost folder, in /var/lib (root) or XDG_STATE_HOME.
/// </summary>
internal sealed class StateFolder : IDisposable
{
    public const string ConfigurationKey = "Aspire:StatePath";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Others may pass through, not look: a server that must not run as root has its data folder further down.
    private const UnixFileMode Passage = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // By its resources, which a builder wrapped around another (as in tests) shares with that one.
    private static readonly ConditionalWeakTable<IResourceCollection, Lazy<StateFolder>> Folders = [];

    private readonly FileStream _lock;

    private StateFolder(string path, Func<string> otherPorts)
    {
        Path = path;
        Create(path);
        _lock = Take(path, otherPorts);
        Secrets = new SecretStore(System.IO.Path.Combine(path, "secrets.json"));
    }

    public string Path { get; }

    public SecretStore Secrets { get; }

    /// <summary>The folder of the application that <paramref name="builder"/> builds; taken on first use.</summary>
    /// <exception cref="DistributedApplicationException">Another AppHost holds it, or it cannot be created.</exception>
    public static StateFolder Of(IDistributedApplicationBuilder builder) =>
        Folders.GetValue(
            builder.Resources,
            _ => new Lazy<StateFolder>(() => new StateFolder(Locate(builder), () => FixedPorts.OtherChoices(builder)))).Value;

    /// <summary>Lets the next AppHost have the folder.</summary>
    public static void Release(IDistributedApplicationBuilder builder)
    {
        if (Folders.TryGetValue(builder.Resources, out var folder) && folder.IsValueCreated)
            folder.Value.Dispose();
    }

    /// <summary>A folder in this one, created if need be, that servers under other accounts can pass through.</summary>
    public string Folder(string name)
    {
        var folder = System.IO.Path.Combine(Path, name);
        Create(folder);
        return folder;
    }

    public void Dispose() => _lock.Dispose();

    private static string Locate(IDistributedApplicationBuilder builder)
    {
        if (builder.Configuration[ConfigurationKey] is { Length: > 0 } configured)
            return System.IO.Path.GetFullPath(configured, builder.AppHostDirectory);

        var state = UnixUser.IsRoot ? "/var/lib"
            : Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } home ? home
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");

        // One folder for each clone of the repository: "AiMesh.AppHost" in /src/a and in /src/b are two applications.
        var product = builder.Environment.ApplicationName.Split('.')[0].ToLowerInvariant();
        var clone = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(builder.AppHostDirectory)))[..12];
        return System.IO.Path.Combine(state, product, clone);
    }

    private static void Create(string path)
    {
        try
        {
            var parent = System.IO.Path.GetDirectoryName(path)!;
            if (!Directory.Exists(parent))
                Directory.CreateDirectory(parent, UnixUser.IsRoot ? Passage : OwnerOnly);

            Directory.CreateDirectory(path, UnixUser.IsRoot ? Passage : OwnerOnly);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"The state folder '{path}' cannot be created: {error.Message} Name another one: --{ConfigurationKey}=/some/folder.", error);
        }
    }

    private static FileStream Take(string path, Func<string> otherPorts)
    {
        var owner = System.IO.Path.Combine(path, "owner");
        try
        {
            // The kernel lets go of the lock when the process ends, whatever way it ends.
            var stream = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return stream;
        }
        catch (IOException error)
        {
            var process = File.Exists(owner) ? $"process {File.ReadAllText(owner)}" : "another process";
            throw new DistributedApplicationException(
                $"The state folder '{path}' is in use by another AppHost ({process}). Stop that one, or start this one beside it " +
                $"with a folder and ports of its own: --{ConfigurationKey}=/some/folder{otherPorts()}",
                error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new DistributedApplicationException(
                $"The state folder '{path}' belongs to another user. Name another one: --{ConfigurationKey}=/some/folder.", error);
        }
    }
}
