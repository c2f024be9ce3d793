using System.Globalization;
using System.Text;
using AiMesh.Data.V1;
using AiMesh.Testing;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Field = AiMesh.Data.V1.Field;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Datasets;

/// <summary>Fields with an index: requests use it, and answer what they answer without.</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class FieldKeysTests(DataFixture fixture)
{
    private const int Rows = 4000;
    private static readonly string Long = new('ä', 250);

    [Fact]
    public async Task Requests_UseTheIndex_UnderRowSecurity()
    {
        var id = await DefineAsync(indexed: true);
        await FillAsync(id, Rows);
        var table = await TableAsync(id);
        await fixture.AskAsync<string>($"ANALYZE {table}; SELECT 'done'");
        var before = await ScansAsync(table);
        Assert.Equal(8, before.Count);

        // A field for each, so that nobody else uses its index: equality, a range, and both directions of an order.
        var viewer = fixture.Caller("viewer");
        Assert.Single((await viewer.ListAsync(id, "code = \"c17\"")).Items);
        Assert.Equal(5, (await viewer.ListAsync(id, "size >= 100 AND size < 110")).Items.Count);
        Assert.Equal(10, (await viewer.ListAsync(id, orderBy: "rank", pageSize: 10)).Items.Count);
        Assert.Equal(10, (await viewer.ListAsync(id, orderBy: "made desc", pageSize: 10)).Items.Count);
        string[] used = ["k_code", "k_size", "k_rank ASC", "k_made DESC"];

        // The database counts uses at its leisure.
        IReadOnlyDictionary<string, long> after = before;
        await Eventually.HoldsAsync(async () => used.All(Grown((after = await ScansAsync(table)), before)), TimeSpan.FromSeconds(60));
        Assert.Equal(used, used.Where(Grown(after, before)));
    }

    [Theory]
    [InlineData("code = \"c17\"", "")]
    [InlineData("code != \"c17\"", "code desc")]
    [InlineData("code > \"c1\" AND code <= \"c3\"", "code")]
    [InlineData("code = \"L1\"", "size desc")]
    [InlineData("code < \"L2\" AND code >= \"L1\"", "code, rank desc")]
    [InlineData("code = \"c*\" AND size > 5", "code desc")]
    [InlineData("NOT code = \"c17\" AND (size = 5 OR size = 6)", "size")]
    [InlineData("size <= 0", "size desc, code")]
    [InlineData("rank >= -1.5 AND rank < 3", "rank desc")]
    [InlineData("made >= \"2026-01-01T00:00:10Z\" AND made < \"2026-01-01T00:00:30Z\"", "made")]
    [InlineData("NOT code:*", "rank")]
    [InlineData("", "made desc, size")]
    [InlineData("", "rank")]
    [InlineData("", "rank desc")]
    [InlineData("", "code")]
    [InlineData("", "note, code")]
    public async Task Answers_AreTheSameWithoutIt(string filter, string orderBy)
    {
        filter = filter.Replace("L", Long, StringComparison.Ordinal);
        var (with, without) = (await DefineAsync(indexed: true), await DefineAsync(indexed: false));
        await FillAsync(with, 120);
        await FillAsync(without, 120);
        foreach (var caller in (Caller[])[fixture.Caller(), fixture.Caller("viewer")])
        {
            var expected = await IdsAsync(caller, without, filter, orderBy);
            Assert.Equal(expected, await IdsAsync(caller, with, filter, orderBy));
            Assert.NotEmpty(expected);
        }
    }

    [Fact]
    public async Task Index_ComesAndGoesWithTheDefinition()
    {
        var id = await DefineAsync(indexed: false);
        await FillAsync(id, 50);
        var table = await TableAsync(id);
        Assert.Empty(await ScansAsync(table));
        await RedefineAsync(id, static field => field.Indexed = field.Name is "code" or "rank");
        Assert.Equal(["k_code ASC", "k_code DESC", "k_rank ASC", "k_rank DESC"], (await ScansAsync(table)).Keys.Order());
        Assert.Equal(["i7"], await fixture.Caller().IdsAsync(id, "code = \"c7\""));
        await fixture.Caller().UpdateAsync(id, "i7", Fields(("code", "new")));
        Assert.Equal(["i7"], await fixture.Caller().IdsAsync(id, "code = \"new\""));
        await RedefineAsync(id, static field => field.Indexed = field.Name == "rank");
        Assert.Equal(["k_rank ASC", "k_rank DESC"], (await ScansAsync(table)).Keys.Order());
        Assert.Equal(["i7"], await fixture.Caller().IdsAsync(id, "code = \"new\""));
    }

    [Fact]
    public async Task Index_ThatCannotBe_IsRefused()
    {
        var fields = new[] { Field("flag", Type.Boolean), Field("tags", Type.StringList), Field("secret"), Field("a"), Field("b") };
        foreach (var field in fields) field.Indexed = true;
        fields[2].Encrypted = true;
        var failure = await Caller.FailureAsync(() => fixture.Caller().DefineAsync(DataFixture.NewId(), Dataset(fields, Admins)));
        Assert.Equal(
            [
                "dataset.fields[0].indexed: a field of type BOOLEAN or STRING_LIST has no index", "dataset.fields[1].indexed: a field of type BOOLEAN or STRING_LIST has no index",
                "dataset.fields[2].indexed: an encrypted field has no index", "dataset.fields: expected at most 4 fields with indexed",
            ],
            failure.Violations);
    }

    [Fact]
    public async Task Index_IsNotToldToThoseWhoOnlyRead()
    {
        var id = await DefineAsync(indexed: true);
        Assert.Contains((await Definition(fixture.Caller())).Fields, static field => field.Indexed);
        Assert.DoesNotContain((await Definition(fixture.Caller("viewer"))).Fields, static field => field.Indexed);

        async Task<Dataset> Definition(Caller caller) => await caller.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, caller.Options);
    }

    // Only "rank" has a value in every item.
    private async Task<string> DefineAsync(bool indexed)
    {
        var id = DataFixture.NewId();
        var definition = Dataset(
            [Field("code"), Field("size", Type.Integer), Field("rank", Type.Number, required: true), Field("made", Type.Timestamp), Field("note")],
            Admins, Rule("viewer", "note = \"open\"", Action.Read));
        foreach (var field in definition.Fields) field.Indexed = indexed && field.Name != "note";
        await fixture.Caller().DefineAsync(id, definition);
        return id;
    }

    private async Task RedefineAsync(string id, Action<Field> change)
    {
        var admin = fixture.Caller();
        var dataset = await admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, admin.Options);
        foreach (var field in dataset.Fields) change(field);
        await admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset, UpdateMask = new() { Paths = { "fields" } } }, admin.Options);
    }

    private async Task FillAsync(string id, int rows)
    {
        var csv = new StringBuilder("id,code,size,rank,made,note\n");
        for (var i = 0; i < rows; i++)
        {
            var code = i % 10 == 9 ? "" : i % 10 == 8 ? $"{Long}{i % 3}" : string.Create(CultureInfo.InvariantCulture, $"c{i}");
            var size = i % 7 == 6 ? "" : string.Create(CultureInfo.InvariantCulture, $"{i - 20}");
            var made = i % 9 == 8 ? "" : new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(i).ToString("O", CultureInfo.InvariantCulture);
            csv.Append(CultureInfo.InvariantCulture, $"i{i},{code},{size},{(i * 37 % 101 - 50) / 4.0},{made},{(i % 3 == 0 ? "shut" : "open")}\n");
        }

        await fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = csv.ToString(), IdField = "id" });
    }

    // Of small pages, so that each order is gone on with from each place.
    private static async Task<string[]> IdsAsync(Caller caller, string dataset, string filter, string orderBy)
    {
        var (ids, token) = (new List<string>(), "");
        do
        {
            var page = await caller.ListAsync(dataset, filter, orderBy, 17, token);
            ids.AddRange(page.Items.Select(item => item.Name.Split('/')[^1]));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return [.. ids];
    }

    private Task<string> TableAsync(string id) => fixture.AskAsync<string>($"SELECT 'items.d' || id FROM datasets WHERE name = '{id}' AND organisation = 'demo'");

    /// <summary>How often each index over a key was used, by column and direction.</summary>
    private async Task<IReadOnlyDictionary<string, long>> ScansAsync(string table)
    {
        var text = await fixture.AskAsync<string>($"""
            SELECT coalesce(string_agg(a.attname || CASE WHEN pg_get_indexdef(s.indexrelid) LIKE '% DESC NULLS LAST, %' THEN ' DESC=' ELSE ' ASC=' END || s.idx_scan, ','), '')
            FROM pg_stat_user_indexes s JOIN pg_attribute a ON a.attrelid = s.indexrelid AND a.attnum = 1 WHERE s.relid = '{table}'::regclass AND a.attname LIKE 'k\_%'
            """);
        return text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static one => one.Split('=')).ToDictionary(static one => one[0], static one => long.Parse(one[1], CultureInfo.InvariantCulture));
    }

    // By either of its indexes, where no direction is said.
    private static Func<string, bool> Grown(IReadOnlyDictionary<string, long> after, IReadOnlyDictionary<string, long> before) =>
        name => after.Any(index => (index.Key == name || index.Key.StartsWith($"{name} ", StringComparison.Ordinal)) && index.Value > before[index.Key]);
}
