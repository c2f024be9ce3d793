using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.Processes;

namespace AiMesh.Testing;

/// <summary>npm oidc-provider (https://github.com/panva/node-oidc-provider), which shares no code with ours, as a process of its own.</summary>
public sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "aimesh";
    public const string ClientSecret = "a secret with spaces & signs";

    private const int Attempts = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // Once in some hundred starts node stands still before the first line of the script, and would for ever.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(1);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "OidcProvider");
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    private readonly ChildProcess _process;

    private OidcProvider(ChildProcess process, string issuer) => (_process, Issuer) = (process, issuer);

    public string Issuer { get; }

    /// <param name="port">Free port of 127.0.0.1.</param>
    /// <param name="redirectUri">The one that it may send browsers to.</param>
    /// <param name="algorithm">Of ID tokens.</param>
    /// <param name="small">Keep claims out of ID tokens, as the standard has it.</param>
    /// <param name="email">The address of whoever signs in.</param>
    public static async Task<OidcProvider> StartAsync(int port, string redirectUri, string algorithm, bool small, string email)
    {
        TestLevel.DemandServers();
        await Installed.Value;
        var settings = JsonSerializer.Serialize(new
        {
            port,
            redirectUris = new[] { redirectUri },
            clientId = ClientId,
            clientSecret = ClientSecret,
            algorithm,
            small,
            email,
        });
        for (var attempt = 1; ; attempt++)
        {
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var lines = new List<string>();
            var process = ChildProcess.Start(
                new ChildProcessOptions("node", ["server.mjs", settings]) { WorkingDirectory = Folder },
                (line, _) =>
                {
                    lock (lines) lines.Add(line);
                    if (line == "ready") ready.TrySetResult();
                });
            var first = await Task.WhenAny(ready.Task, process.Exited, Task.Delay(StartPatience));
            if (first == ready.Task) return new OidcProvider(process, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

            await process.DisposeAsync();
            if (first != process.Exited && attempt < Attempts) continue;
            lock (lines) throw new InvalidOperationException($"oidc-provider did not start: {string.Join('\n', lines)}");
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task InstallAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await ChildProcess.RunAsync(new ChildProcessOptions("npm", ["ci", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = Folder }, patience.Token);
    }
}
