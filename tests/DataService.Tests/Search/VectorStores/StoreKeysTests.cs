using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Tests.Stores;
using AiMesh.ServiceDefaults.Privacy;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>Keys of search stores reach nobody but these, however the stores fail and whatever they say (I10's rule, for D9).</summary>
[Trait("Level", "Server")]
public sealed class StoreKeysTests(FailingSearchStores failing) : IClassFixture<FailingSearchStores>
{
    [Theory]
    [InlineData("chroma")]
    [InlineData("pinecone")]
    [InlineData("weaviate")]
    [InlineData("milvus")]
    public async Task Key_OfAStoreThatFails_IsInNoLogErrorOrReport(string kind)
    {
        var (admin, said) = (new Caller(failing.Service, failing.Authority.Token("admin", "demo", ["admin"], ["*"], null), "admin"), new List<string>());
        foreach (var way in FailingSearchStores.Ways)
        {
            var (id, dataset) = (DataFixture.NewId(), Dataset([Searchable("title")], Admins));
            dataset.SearchStore = $"{kind}-{way}";
            await admin.DefineAsync(id, dataset);
            for (var i = 0; i < 2; i++) await admin.CreateAsync(id, Fields(("title", "astronauts on the moon")), FormattableString.Invariant($"i{i}"));
            Assert.Equal(2, (await admin.SearchAsync(id, "a rocket", 1)).Matches.Count);
            await Eventually.HoldsAsync(() => Task.FromResult(failing.Logs.Text.Contains($"cannot be copied to the search store {kind}-{way} now", StringComparison.Ordinal)), TimeSpan.FromMinutes(2));
            said.Add((await Caller.FailureAsync(() => admin.Items.SearchItemsAsync(Request(id, "a rocket", 1, filter: "nothing = 1"), admin.Options).ResponseAsync)).ToString());
            await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, admin.Options);
        }

        var erasure = failing.Service.Host.Services.GetRequiredService<IPersonalData>();
        said.Add((await Assert.ThrowsAnyAsync<Exception>(() => erasure.EraseAsync(new ErasureOrder(Guid.NewGuid().ToString(), new DataSubject("demo", "erika", "", ""), "erased-1"), CancellationToken.None))).ToString());
        foreach (var path in (string[])["/health", "/metrics", "/api/data/stores"]) said.Add((await admin.SendAsync(HttpMethod.Get, path)).ToString());
        said.Add(failing.Logs.Text);

        // It was sent, and came back; and the host told as much as it can.
        Assert.Contains(failing.Echo.Requests, request => request.Headers.Values.Any(value => value.Contains(FailingSearchStores.KeyOf(kind), StringComparison.Ordinal)));
        Assert.Contains("search store", failing.Logs.Text, StringComparison.Ordinal);
        Assert.Contains("Executing endpoint", failing.Logs.Text, StringComparison.Ordinal);
        Assert.All(said, text => Assert.DoesNotContain(FailingSearchStores.KeyOf(kind), text, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>A DataService that logs everything, with search stores of every kind that each fail in every way.</summary>
public sealed class FailingSearchStores : IAsyncLifetime
{
    /// <summary>401, 400 and nonsense with 200 and 201, each with the key in it; silence; and nobody there.</summary>
    public static readonly string[] Ways = ["status401", "status400", "status200", "status201", "silent", "gone"];

    private readonly List<FaultyProxy> _silent = [];
    private PostgresDatabase _database = null!;

    internal TestAuthority Authority { get; private set; } = null!;

    internal DataServiceHost Service { get; private set; } = null!;

    internal LogLines Logs { get; } = new();

    internal FakeStore Echo { get; private set; } = null!;

    public static string KeyOf(string kind) => $"s3cret-of-{kind}";

    public async Task InitializeAsync()
    {
        _silent.Add(new FaultyProxy { Line = Line.Silent });

        // With what Milvus takes for an error, as for all others is nonsense.
        Echo = await FakeStore.StartAsync(static (request, _) =>
        {
            var status = int.Parse(request.Path.Split('/')[1], CultureInfo.InvariantCulture);
            var said = $"not allowed: {string.Join(' ', request.Headers.Values).Replace('"', ' ')}";
            return new FakeAnswer(status, status == 201 ? $$"""{"code":0,"code":"{{said}}","id":"{{said}}","id":1}""" : $$"""{"code":1800,"message":"{{said}}"}""");
        });
        (_database, Authority) = (await PostgresServer.CreateDatabaseAsync(), await TestAuthority.StartAsync());
        var settings = SearchStoresFixture.Names.SelectMany(kind => Ways.SelectMany(way => Settings(kind, way)));
        Service = await DataServiceHost.StartAsync(
            _database.ConnectionString, Authority,
            services => services.AddSingleton<ILoggerProvider>(Logs)
                .Configure<LoggerFilterOptions>(static options => options.Rules.Add(new LoggerFilterRule(typeof(LogLines).FullName, null, LogLevel.Trace, null))),
            [.. settings, "Search:PollInterval=00:00:00.1", "Search:MaxWait=00:01:00"]);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Authority.DisposeAsync();
        await _database.DisposeAsync();
        await Echo.DisposeAsync();
        foreach (var line in _silent) await line.DisposeAsync();
    }

    private string[] Settings(string kind, string way)
    {
        var address = way switch
        {
            "silent" => FormattableString.Invariant($"http://127.0.0.1:{_silent[0].Port}"),
            "gone" => FormattableString.Invariant($"http://127.0.0.1:{FreePort.Next()}"),
            _ => $"{Echo.Address}{way[^3..]}",
        };
        var store = $"Search:Stores:{kind}-{way}";
        return [$"{store}:Provider={kind}", $"{store}:Endpoint={address}", $"{store}:ApiKey={KeyOf(kind)}", $"{store}:Timeout=00:00:01", $"{store}:Retries=0"];
    }
}
