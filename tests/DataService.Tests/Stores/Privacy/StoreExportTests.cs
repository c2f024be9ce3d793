using System.Text.Json.Nodes;
using AiMesh.Common.V1;
using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Stores.Privacy;

/// <summary>A10: what is exported about a person is the same wherever the items are.</summary>
[Trait("Level", "Server")]
public sealed class StoreExportTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private readonly StorePerson _erika = new(data.Authority);

    [Theory]
    [MemberData(nameof(StoreItemsTests.Elsewhere), MemberType = typeof(StoreItemsTests))]
    public async Task Export_HoldsTheSame_AsFromPostgreSql(string store)
    {
        foreach (var (id, place) in ((string, string)[])[("here", ""), ("there", store)])
        {
            await _erika.DefineAsync(data.Service.Channel, id, place);
            await _erika.FillAsync(data.Service.Channel, id);

            // Without a field that says whom rows are about, only what is owned is read.
            await _erika.DefineAsync(data.Service.Channel, $"{id}-owned", place, static dataset => dataset.SubjectField = "");
            await _erika.FillAsync(data.Service.Channel, $"{id}-owned");
            await _erika.DefineAsync(data.Service.Channel, $"{id}-secret", place, static dataset =>
            {
                foreach (var field in dataset.Fields) field.VisibleTo[0] = "admin";
            });
            await _erika.FillAsync(data.Service.Channel, $"{id}-secret");
        }

        var (own, whole) = (await _erika.ExportAsync(data.Service.Channel, visibleOnly: true), await _erika.ExportAsync(data.Service.Channel));
        Assert.Equal(["about-her", "about-her-by-id", "mine", "mine-about-me"], Rows(whole, "items/there").Select(static row => (string)row["id"]!).Order());
        Assert.Equal(["mine", "mine-about-me"], Rows(whole, "items/there-owned").Select(static row => (string)row["id"]!).Order());
        foreach (var id in (string[])["", "-owned", "-secret"]) Assert.Equal(Text(whole, $"items/here{id}"), Text(whole, $"items/there{id}"));
        Assert.Equal(Text(own, "items/here"), Text(own, "items/there"));
        Assert.Contains("hidden from her", whole["items/there"], StringComparison.Ordinal);
        Assert.DoesNotContain("hidden from her", own["items/there"], StringComparison.Ordinal);
        Assert.DoesNotContain("items/there-secret", own.Keys);
        foreach (var row in Rows(whole, "items/there"))
            foreach (var time in (string[])["create_time", "update_time"]) Assert.InRange(DateTimeOffset.Parse((string)row[time]!, null), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task Export_UnderWhichADatasetChanges_IsNoAnswer()
    {
        await _erika.DefineAsync(data.Service.Channel, "large", "dynamo");
        for (var i = 0; i < 40; i++) await StorePerson.CreateAsync(data.Service.Channel, "large", FormattableString.Invariant($"i{i:D2}"), _erika.Self, Fields(("text", new string('x', 90_000))));
        using var call = new PersonalData.PersonalDataClient(data.Service.Channel).ExportPersonalData(_erika.Ask, _erika.Authority);
        while (await call.ResponseStream.MoveNext(CancellationToken.None) && call.ResponseStream.Current.Section != "items/large")
        {
        }

        // The client is not fast enough for all of it to be on its way.
        await new Data.V1.Datasets.DatasetsClient(data.Service.Channel).UpdateDatasetAsync(
            new UpdateDatasetRequest { Dataset = new Dataset { Id = "large", Description = "another" }, UpdateMask = new FieldMask { Paths = { "description" } } }, _erika.Admin);
        Assert.Equal("EXPORT_OUTDATED", await StorePerson.RefusalAsync(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        }));
    }

    private static List<JsonNode> Rows(Dictionary<string, string> sections, string section) =>
        [.. sections[section].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!)];

    // Without times, and with names in one order.
    private static string Text(Dictionary<string, string> sections, string section) => string.Join('\n', Rows(sections, section).Select(static row =>
        $"{row["id"]} {row["owned"]} {string.Join(' ', row["fields"]!.AsObject().OrderBy(static field => field.Key, StringComparer.Ordinal).Select(static field => $"{field.Key}={field.Value!.ToJsonString()}"))}"));
}
