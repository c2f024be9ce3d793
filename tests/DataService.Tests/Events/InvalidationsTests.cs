using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Events;

[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class InvalidationsTests(DataFixture fixture)
{
    private readonly Invalidations.InvalidationsClient _client = new(fixture.Service.Channel);

    [Fact]
    public async Task WatchInvalidations_TellsWhichDatasetChangedAndNothingOfTheRow()
    {
        var (id, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(id, Dataset([Field("title")], Admins));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var call = _client.WatchInvalidations(new WatchInvalidationsRequest(), cancellationToken: patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        var start = call.ResponseStream.Current;
        Assert.Empty(start.Datasets);

        await admin.CreateAsync(id, Fields(("title", "confidential")), "a");
        var told = await UntilAsync(call, id, patience.Token);
        Assert.True(told.Version > start.Position);
        Assert.Equal("demo", told.Organisation);
        Assert.DoesNotContain("confidential", call.ResponseStream.Current.ToString(), StringComparison.Ordinal);

        await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, admin.Options);
        Assert.True((await UntilAsync(call, id, patience.Token)).Version > told.Version);
    }

    [Fact]
    public async Task WatchInvalidations_WithAnybodysToken_IsRefused()
    {
        foreach (var headers in new[] { fixture.Caller().Options.Headers!, new Metadata { { "authorization", "Bearer nonsense" } } })
        {
            using var call = _client.WatchInvalidations(new WatchInvalidationsRequest(), headers);
            var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.True(failure.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated, failure.ToString());
        }
    }

    private static async Task<WatchInvalidationsResponse.Types.ChangedDataset> UntilAsync(
        AsyncServerStreamingCall<WatchInvalidationsResponse> call, string dataset, CancellationToken cancellationToken)
    {
        while (await call.ResponseStream.MoveNext(cancellationToken))
            if (call.ResponseStream.Current.Datasets.FirstOrDefault(d => d.Dataset == dataset) is { } changed) return changed;
        throw new InvalidOperationException("The stream ended.");
    }
}
