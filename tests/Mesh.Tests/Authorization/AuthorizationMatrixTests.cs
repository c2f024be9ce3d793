using System.Collections.Concurrent;
using Grpc.Core;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>Every call, through every door, by everybody, against the page that says who may (A4, A3, A6, T1).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class AuthorizationMatrixTests(MatrixWorld world) : IClassFixture<MatrixWorld>
{
    private const int AtOnce = 8;

    public static TheoryData<string> Rpcs => [.. ContractCall.All.Select(static call => call.Name)];

    public static TheoryData<string> Endpoints => [.. Oracle.Instance.Endpoints.Keys];

    [Theory]
    [MemberData(nameof(Rpcs))]
    public async Task Rpc_LetsInWhoMay_AndNobodyElse(string name)
    {
        var call = ContractCall.All.Single(candidate => candidate.Name == name);
        Assert.True(Oracle.Instance.Rpcs.TryGetValue(name, out var row), OracleTests.HowToAdd(call));
        var wrong = new ConcurrentBag<string>();
        var cells = from door in world.DoorsTo(call) from caller in world.Callers.Values select (door, caller);

        await Parallel.ForEachAsync(cells, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (cell, _) =>
        {
            var (door, caller) = cell;
            var expectsEntry = IsLetIn(row.May[caller.Name], door, caller);
            var things = IsReading(call) || caller.Name == "device" ? world.Own.Kept : world.Own.Spare;
            var request = SampleRequests.For(call, row.Names, field => things.Of(field.Kind));
            var outcome = await door.CallAsync(request, await world.ReadyAsync(caller, call), expectsEntry);
            if (expectsEntry ? outcome.IsRefused : !IsRefusedAsItShould(outcome, door, caller))
                wrong.Add($"{caller.Name} ({door.Name}) {(expectsEntry ? "should be let in" : "should be refused")}, but: {outcome.Code} {outcome.Text}");
        });

        Assert.True(wrong.IsEmpty, $"{name}, against who-may-call.md:\n{string.Join('\n', wrong.Order())}");
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Endpoint_LetsInWhoMay_AndNobodyElse(string name)
    {
        var row = Oracle.Instance.Endpoints[name];
        var (verb, path) = (name.Split(' ')[0], name.Split(' ')[1]);
        var body = verb == "POST" ? """{"messages":[{"role":"user","content":"Hello"}],"max_completion_tokens":8}""" : null;

        foreach (var caller in world.Callers.Values)
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var outcome = await RestDoor.SendAsync(world.Rest, verb, path, body, caller, timeout.Token);
            if (row.May[caller.Name] == Verdict.Allowed)
                Assert.False(outcome.IsRefused || outcome.Text.Contains("Nothing is served", StringComparison.Ordinal), $"{name} should let {caller.Name} in, but: {outcome.Text}");
            else
                Assert.True(outcome.Code == (caller.Header is null ? StatusCode.Unauthenticated : StatusCode.PermissionDenied), $"{name} should refuse {caller.Name}, but: {outcome.Code} {outcome.Text}");
        }
    }

    private static bool IsLetIn(Verdict verdict, Door door, Caller caller) =>
        door.IsPastTheGateway && caller.EndsAtTheGateway ? verdict == Verdict.Inside || IsForAll(door.Call) : verdict == Verdict.Allowed || (verdict == Verdict.Inside && door.IsPastTheGateway);

    /// <summary>What nobody needs a credential for, a useless one does not spoil.</summary>
    private static bool IsForAll(ContractCall call) => Oracle.Instance.Rpcs[call.Name].May["anonymous"] != Verdict.Refused;

    /// <summary>The gateway leads nobody there.</summary>
    private static bool IsForServicesOnly(ContractCall call) => !Oracle.Instance.Rpcs[call.Name].May.Values.Contains(Verdict.Allowed);

    private static bool IsReading(ContractCall call) =>
        new[] { "Get", "List", "Query", "Watch", "Explain", "Search", "Aggregate", "Export", "BatchGet", "Downsample", "Ask", "StreamAsk" }
            .Any(start => call.Method.Name.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Strangers are told to sign in, others that it does not suffice; a device may be told either, for people's doors do not know it.</summary>
    private static bool IsRefusedAsItShould(Outcome outcome, Door door, Caller caller) => caller.Name switch
    {
        _ when door.Call.IsPlanned && outcome.Code is StatusCode.Unimplemented or StatusCode.NotFound => true,
        _ when IsForServicesOnly(door.Call) && !door.IsPastTheGateway => outcome.Code == StatusCode.Unimplemented || outcome.IsRefused,
        _ when IsForServicesOnly(door.Call) => outcome.IsRefused,
        "device" => outcome.IsRefused,
        _ when caller.Header is null || (door.IsPastTheGateway && caller.EndsAtTheGateway) => outcome.Code == StatusCode.Unauthenticated,
        _ => outcome.Code == StatusCode.PermissionDenied,
    };
}
