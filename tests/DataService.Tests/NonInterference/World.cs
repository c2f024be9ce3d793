using AiMesh.Data.V1;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>A service over a database of its own. What comes from outside (time, random ids) is the same in all worlds, what is hidden is not.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly TestAuthority _authority;
    private readonly PostgresDatabase _database;
    private readonly WorldClock _clock;
    private readonly Random _hidden;

    private World(TestAuthority authority, PostgresDatabase database, DataServiceHost service, WorldClock clock, int seed) =>
        (_authority, _database, Service, _clock, _hidden) = (authority, database, service, clock, new Random(seed));

    public DataServiceHost Service { get; }

    public static async Task<World> CreateAsync(TestAuthority authority, WorldClock clock, int seed)
    {
        var (database, random) = (await PostgresServer.CreateDatabaseAsync(), new Random(1));
        var ids = new ItemIds.Source(() =>
        {
            var bytes = new byte[16];
            lock (random) random.NextBytes(bytes);
            return new Guid(bytes);
        });
        var service = await DataServiceHost.StartAsync(database.ConnectionString, authority, services => services.AddSingleton<TimeProvider>(clock).AddSingleton(ids), []);
        return new World(authority, database, service, clock, seed);
    }

    public string Token(string role, string organisation) => Sign(TestAuthority.Claims(
        role, organisation, [role], ["data:list", "data:read:*", "data:write:*", "data:delete:*", "data:import:*", "data:export:*"],
        new Dictionary<string, string> { ["dept"] = "sales" }));

    public async Task FurnishAsync(string role, string organisation, string leak)
    {
        var admin = Admin(organisation);
        await admin.DefineAsync(Scene.Dataset, Scene.Definition(leak));
        await admin.DefineAsync("empty", Shapes.Dataset([Shapes.Field("name")], Shapes.Rule("*")));
        var author = new Caller(Service, Token(role, organisation), role);
        for (var row = 0; row < Scene.Rows; row++)
        {
            _clock.Advance();
            var values = Scene.Values(role, row, _hidden);
            if (role == "author" && Scene.SeesRow(role, row))
            {
                // An author cannot write what an author does not see.
                await author.CreateAsync(Scene.Dataset, Shapes.Fields([.. values.Where(v => Scene.Visible.Contains(v.Name) && v.Name != "rating")]), Id(row));
                await admin.UpdateAsync(Scene.Dataset, Id(row), Shapes.Fields(values));
            }
            else
            {
                await admin.CreateAsync(Scene.Dataset, Shapes.Fields(values), Id(row));
            }
        }
    }

    public static string Id(int row) => $"row-{row:00}";

    /// <summary>Somebody changes what the role does not see, or does not, as this world's chance has it.</summary>
    public async Task StirAsync(string role, string organisation)
    {
        var row = _hidden.Next(Scene.Rows);
        if (_hidden.Next(2) == 0) return;
        try
        {
            await Admin(organisation).UpdateAsync(Scene.Dataset, Id(row), Shapes.Fields(Scene.Change(role, row, _hidden)));
        }
        catch (Grpc.Core.RpcException e) when (e.StatusCode is Grpc.Core.StatusCode.NotFound or Grpc.Core.StatusCode.InvalidArgument)
        {
            // The role has deleted it, in both worlds; or has filled it so that it has no room for more.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _database.DisposeAsync();
    }

    private Caller Admin(string organisation) => new(Service, Sign(TestAuthority.Claims("root", organisation, ["admin"], ["*"])), "root");

    // By the time of the worlds: the true one may be far ahead.
    private string Sign(AccessTokenClaims claims) =>
        _authority.Writer.Write(claims with { IssuedAt = _clock.GetUtcNow(), NotBefore = _clock.GetUtcNow(), Expires = _clock.GetUtcNow().AddHours(1) });
}
