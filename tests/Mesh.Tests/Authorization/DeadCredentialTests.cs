using System.Collections.Concurrent;
using System.Text;
using Grpc.Core;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>A credential that no longer counts opens nothing that is closed to strangers, through any door (A1, A3, A6, T1).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class DeadCredentialTests(MatrixWorld world, DeadCredentials dead) : IClassFixture<MatrixWorld>, IClassFixture<DeadCredentials>
{
    private const int AtOnce = 8;

    public static TheoryData<string> Rpcs =>
        [.. Oracle.Instance.Rpcs.Values.Where(static row => row.May["anonymous"] == Verdict.Refused && row.May["admin"] == Verdict.Allowed).Select(static row => row.Call)];

    [Theory]
    [MemberData(nameof(Rpcs))]
    public async Task DeadCredential_IsRefusedEverywhere(string name)
    {
        var call = ContractCall.All.Single(candidate => candidate.Name == name);
        var row = Oracle.Instance.Rpcs[name];
        var callers = await dead.AllAsync(world);
        var accepted = new ConcurrentBag<string>();
        var cells = from door in world.DoorsTo(call) from caller in callers select (door, caller);

        await Parallel.ForEachAsync(cells, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (cell, _) =>
        {
            var (door, caller) = cell;
            var outcome = await door.CallAsync(SampleRequests.For(call, row.Names, field => world.Own.Kept.Of(field.Kind)), caller, expectsEntry: false);
            var isPlanned = call.IsPlanned && outcome.Code is StatusCode.Unimplemented or StatusCode.NotFound;

            // People's doors do not know devices at all, dead or alive.
            if (outcome.Code != StatusCode.Unauthenticated && !isPlanned && !(caller.Name.Contains("device", StringComparison.Ordinal) && outcome.Code == StatusCode.PermissionDenied))
                accepted.Add($"{caller.Name} ({door.Name}): {outcome.Code} {outcome.Text}");
        });

        Assert.True(accepted.IsEmpty, $"{name}:\n{string.Join('\n', accepted.Order())}");
    }
}

/// <summary>Credentials that were good once, and some that never were.</summary>
public sealed class DeadCredentials
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Lock _lock = new();
    private Task<IReadOnlyList<Caller>>? _all;

    internal Task<IReadOnlyList<Caller>> AllAsync(MatrixWorld world)
    {
        lock (_lock)
            return _all ??= MakeAsync(world);
    }

    private static async Task<IReadOnlyList<Caller>> MakeAsync(MatrixWorld world)
    {
        var own = world.Own;

        // A token that is given for a key ends with the key.
        var ending = await own.CreateKeyAsync(["*"], DateTimeOffset.UtcNow.AddSeconds(4));
        var expired = Caller.WithToken("expired token", await world.ExchangeAsync(ending.Secret));

        await own.CreateUserAsync("leaver", "admin");
        var loggedOut = await own.LoginAsync("leaver");
        await CallAsync(world, "auth.Sessions/Logout", Caller.WithToken("leaver", loggedOut));
        var disabledUser = await own.CreateUserAsync("disabled", "admin");
        var disabled = await own.LoginAsync("disabled");
        (await own.PatchAsync($"/api/auth/users/{disabledUser}", """{"disabled":true}""")).Ok();
        var demotedUser = await own.CreateUserAsync("demoted", "admin");
        var demoted = await own.LoginAsync("demoted");
        (await own.PatchAsync($"/api/auth/users/{demotedUser}", """{"roles":["viewer"]}""")).Ok();

        var key = await own.CreateKeyAsync(["*"]);
        await own.PostAsync($"/api/auth/api-keys/{key.Id}:revoke", "{}");
        var client = await own.CreateClientAsync("admin", "*");
        var clientToken = await own.ClientTokenAsync(client.Id, client.Secret);
        await own.PostAsync($"/api/auth/clients/{client.Id}:revoke", "{}");
        var device = await own.CreateDeviceAsync("stolen");
        await own.PostAsync($"/api/iot/devices/{device.Id}:revoke", "{}");

        IReadOnlyList<Caller> all =
        [
            expired,
            Caller.WithToken("token after logout", loggedOut),
            Caller.WithToken("token of a disabled user", disabled),
            Caller.WithToken("token from before a change of roles", demoted),
            Caller.WithToken("token of a revoked client", clientToken),
            Caller.WithToken("token with another signature", Altered(own.AdminToken)),
            Caller.WithToken("token without a signature", Unsigned(own.AdminToken)),
            Caller.WithToken("no token at all", "nonsense"),
            Caller.WithKey("revoked key", key.Secret),
            Caller.WithKey("expired key", ending.Secret),
            Caller.WithKey("unknown key", key.Secret[..^4] + "AAAA"),
            Caller.WithDevice("revoked device", device.Credential),
            Caller.WithDevice("unknown device", device.Credential[..^4] + "AAAA"),
        ];
        foreach (var caller in all)
            await RefusedEverywhereAsync(world, caller);
        return all;
    }

    /// <summary>Revocations travel for up to two seconds, and clocks may differ by thirty.</summary>
    private static async Task RefusedEverywhereAsync(MatrixWorld world, Caller caller)
    {
        var deadline = DateTimeOffset.UtcNow + Patience;
        foreach (var name in new[] { "auth.Sessions/Verify", "data.Datasets/ListDatasets", "ai.Models/ListModels", "iot.Ingest/IngestReadings" })
        {
            while (!(await CallAsync(world, name, caller)).IsRefused)
            {
                Assert.True(DateTimeOffset.UtcNow < deadline, $"{name} still accepts {caller.Name}.");
                await Task.Delay(200);
            }
        }
    }

    /// <summary>At the service itself, as if the gateway had let it pass.</summary>
    private static Task<Outcome> CallAsync(MatrixWorld world, string name, Caller caller)
    {
        var call = ContractCall.All.Single(candidate => candidate.Name == name);
        var door = world.DoorsTo(call).Single(door => door.IsPastTheGateway);
        return door.CallAsync(SampleRequests.For(call, Oracle.Instance.Rpcs[name].Names, field => world.Own.Kept.Of(field.Kind)), caller, expectsEntry: false);
    }

    private static string Altered(string token)
    {
        var signature = token.LastIndexOf('.') + 1;
        return token[..signature] + (token[signature] == 'A' ? 'B' : 'A') + token[(signature + 1)..];
    }

    private static string Unsigned(string token)
    {
        var header = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"alg":"none","typ":"at+jwt"}""")).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return $"{header}.{token.Split('.')[1]}.";
    }
}
