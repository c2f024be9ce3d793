using AiMesh.DataService.Diagnostics;
using AiMesh.DataService.Stores.Backup;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Stores;

/// <summary>
/// <c>backup-dataset</c> and <c>restore-dataset</c> (<c>--organisation o --dataset d --file f</c>), and <c>diagnose-stores [--organisation o]</c>: for operators, with the
/// configuration of the service and no token.
/// </summary>
internal static class StoreCommands
{
    private const string Backup = "backup-dataset";
    private const string Restore = "restore-dataset";
    private const string Diagnose = "diagnose-stores";
    private const int Done = 0;
    private const int Refused = 1;
    private const int NotDone = 2;

    public static bool Knows(string[] args) => args is [Backup or Restore or Diagnose, ..];

    /// <returns>The exit code: 0 done (and every store reachable), 1 refused, 2 where it could not be tried.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Logging.ClearProviders();
        try
        {
            builder.AddMeshDatabase("data-db", DataConnections.Configure);
            builder.AddStorePlaces();
            using var host = builder.Build();
            return args[0] switch
            {
                Diagnose => await DiagnoseAsync(host.Services, builder.Configuration["organisation"]),
                Backup => await BackupAsync(host.Services, Wanted("organisation"), Wanted("dataset"), Wanted("file")),
                _ => await RestoreAsync(host.Services, Wanted("organisation"), Wanted("dataset"), Wanted("file")),
            };
        }
        catch (BackupException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return Refused;
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or UnauthorizedAccessException or InvalidOperationException or MeshException)
        {
            await Console.Error.WriteLineAsync($"Not done: {exception.Message}");
            return NotDone;
        }

        string Wanted(string name) => builder.Configuration[name] ?? throw new InvalidOperationException($"say --{name}");
    }

    private static async Task<int> BackupAsync(IServiceProvider services, string organisation, string dataset, string path)
    {
        // Under another name until it is whole, and for nobody else to read.
        var unfinished = $"{path}.unfinished";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        StoreDigest digest;
        await using (var file = new FileStream(unfinished, options))
        {
            digest = await services.GetRequiredService<DatasetBackup>().BackupAsync(organisation, dataset, file, CancellationToken.None);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: false);
        return await SayAsync("backed up", digest);
    }

    private static async Task<int> RestoreAsync(IServiceProvider services, string organisation, string dataset, string path)
    {
        await using var file = File.OpenRead(path);
        return await SayAsync("restored", await services.GetRequiredService<DatasetBackup>().RestoreAsync(organisation, dataset, file, CancellationToken.None));
    }

    private static async Task<int> DiagnoseAsync(IServiceProvider services, string? organisation)
    {
        var stores = await services.GetRequiredService<StoreDiagnosis>().RunAsync(organisation, CancellationToken.None);
        foreach (var store in stores) await Console.Out.WriteLineAsync(JsonFormatter.Default.Format(store));
        return stores.All(static store => store.Reachable) ? Done : Refused;
    }

    private static async Task<int> SayAsync(string what, StoreDigest digest)
    {
        await Console.Out.WriteLineAsync(FormattableString.Invariant($"{digest.Count} items {what}, SHA-256 {digest.Checksum}"));
        return Done;
    }
}
