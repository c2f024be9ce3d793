using System.Reflection;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Google.Protobuf;

namespace AiMesh.DataService.Demo;

/// <summary>
/// Makes the datasets of the organisation "demo" before the service listens, by the same definition and import that users go through.
/// Rows have fixed ids, so that of several replicas that start at once only one stores them.
/// </summary>
internal sealed partial class DemoSeed(DatasetEditor editor, ItemReader reader, ItemImporter importer, ILogger<DemoSeed> logger) : IHostedService
{
    private static readonly Principal Seeder = new()
    {
        Kind = PrincipalKind.Client,
        Subject = "demo-seed",
        Organisation = "demo",
        TokenId = "demo-seed",
        Roles = ["admin"],
        Permissions = PermissionSet.Create("*"),
    };

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var id in (string[])["surveys", "movies"]) await SeedAsync(id, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task SeedAsync(string id, CancellationToken cancellationToken)
    {
        var first = await reader.ListAsync(Seeder, new ListItemsRequest { Dataset = id, PageSize = 1 }, answers: null, cancellationToken);
        if (first.IsOk && first.Value.Items.Count > 0) return;
        if (!first.IsOk)
        {
            var definition = JsonParser.Default.Parse<Dataset>(await TextAsync($"{id}.json", cancellationToken));
            definition.Id = id;
            Expect<AlreadyExists, CompiledDataset>(await editor.CreateAsync(Seeder, definition, cancellationToken));
        }

        var request = new ImportItemsRequest { Dataset = id, Csv = await TextAsync($"{id}.csv", cancellationToken), IdField = "id" };

        // Where another replica was faster, every id is taken.
        var imported = await importer.ImportAsync(Seeder, request, cancellationToken);
        Expect<InvalidFields, ImportItemsResponse>(imported);
        if (imported.IsOk) Log.Seeded(logger, imported.Value.ImportedCount, id);
    }

    private static void Expect<TError, TValue>(Result<TValue> result)
        where TError : MeshError
    {
        if (!result.IsOk && result.Error is not TError) throw new MeshException(result.Error);
    }

    private static async Task<string> TextAsync(string name, CancellationToken cancellationToken)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var resource = assembly.GetManifestResourceNames().Single(n => n.EndsWith($".Demo.{name}", StringComparison.Ordinal));
        using var text = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return await text.ReadToEndAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Stored {Count} items of the demo dataset {Dataset}")]
        public static partial void Seeded(ILogger logger, int count, string dataset);
    }
}
