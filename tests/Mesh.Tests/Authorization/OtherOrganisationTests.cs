using System.Collections.Concurrent;
using Grpc.Core;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>
/// Nothing crosses organisations (A7): whoever names something of another one is answered as for something that does not exist, through every
/// door, and the other organisation is afterwards what it was.
/// </summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class OtherOrganisationTests(MatrixWorld world) : IClassFixture<MatrixWorld>
{
    private const int AtOnce = 8;

    public static TheoryData<string> Rpcs => [.. Oracle.Instance.Rpcs.Values.Where(static row => row.Names.Count > 0).Select(static row => row.Call)];

    [Theory]
    [MemberData(nameof(Rpcs))]
    public async Task NameOfAnotherOrganisation_IsAnsweredAsIfNothingHadIt(string name)
    {
        var call = ContractCall.All.Single(candidate => candidate.Name == name);
        var row = Oracle.Instance.Rpcs[name];
        var before = await world.Other.SnapshotAsync();
        var wrong = new ConcurrentBag<string>();
        var cells = from door in world.DoorsTo(call)
                    from caller in world.Callers.Values
                    from foreign in row.Names.Select(static field => new[] { field }).Append([.. row.Names])
                    select (door, caller, foreign);

        await Parallel.ForEachAsync(cells, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (cell, _) =>
        {
            var (door, caller, foreign) = cell;
            var theirs = await CallAsync(world.Other.Kept);
            var nobodys = await CallAsync(world.Other.Kept.Missing);

            var where = $"{caller.Name} ({door.Name}) naming {string.Join(", ", foreign.Select(static field => field.Path))}";
            if (WithoutNames(theirs, world.Other.Kept) != WithoutNames(nobodys, world.Other.Kept.Missing))
                wrong.Add($"{where}: '{WithoutNames(theirs, world.Other.Kept)}' tells what is theirs from '{WithoutNames(nobodys, world.Other.Kept.Missing)}'");
            if (theirs.Body.Contains(world.Other.Marker, StringComparison.Ordinal))
                wrong.Add($"{where}: was given something of the other organisation");
            if (theirs.Code == StatusCode.OK && theirs.Body != nobodys.Body)
                wrong.Add($"{where}: succeeded, with another answer than for what does not exist");

            Task<Outcome> CallAsync(Things named) => door.CallAsync(
                SampleRequests.For(call, row.Names, field => foreign.Contains(field) ? named.Of(field.Kind) : world.Own.Kept.Of(field.Kind)),
                caller,
                expectsEntry: false);
        });

        Assert.True(wrong.IsEmpty, $"{name}:\n{string.Join('\n', wrong.Order())}");
        Assert.Equal(before, await world.Other.SnapshotAsync());
    }

    [Fact]
    public async Task Lists_HoldNothingOfTheOtherOrganisation()
    {
        var own = await world.Own.SnapshotAsync();
        Assert.Contains(world.Own.Marker, own, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Other.Marker, own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SameNames_InBothOrganisations_AreTwoThings()
    {
        var dataset = world.Other.Kept.Dataset;
        await world.Own.PostAsync("/api/data/datasets", $$"""{"datasetId":"{{dataset}}","dataset":{"fields":[{"name":"title","type":"STRING","classification":"PUBLIC","visibleTo":["*"]}]} }""");
        await world.Own.PostAsync("/api/iot/devices", $$"""{"deviceId":"{{world.Other.Kept.Device}}","device":{} }""");

        var items = (await world.Own.FetchAsync($"/api/data/datasets/{dataset}/items")).Ok();
        var readings = (await world.Own.FetchAsync($"/api/iot/devices/{world.Other.Kept.Device}/readings")).Ok();

        Assert.Empty(items.Array("items"));
        Assert.Empty(readings.Array("readings"));
    }

    [Theory]
    [InlineData("/api/auth/users")]
    [InlineData("/api/auth/api-keys")]
    [InlineData("/api/auth/clients")]
    [InlineData("/api/data/datasets")]
    [InlineData("/api/iot/devices")]
    [InlineData("/api/iot/alerts")]
    public async Task PageToken_OfAnotherOrganisation_ShowsNothingOfIt(string path)
    {
        var token = (await world.Other.FetchAsync($"{path}?pageSize=1")).Ok().Text("nextPageToken");
        Assert.NotEmpty(token);

        var answer = await world.Own.FetchAsync($"{path}?pageSize=1&pageToken={Uri.EscapeDataString(token)}");

        Assert.DoesNotContain(world.Other.Marker, answer.Text, StringComparison.Ordinal);
    }

    private static string WithoutNames(Outcome outcome, Things things) =>
        new[] { things.Dataset, things.Item, things.Device, things.User, things.Role, things.Key, things.Client, things.Alert, things.Policy }
            .Aggregate(outcome.Told, static (text, name) => text.Replace(name, "<name>", StringComparison.Ordinal));
}
