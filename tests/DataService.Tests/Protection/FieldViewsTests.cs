using AiMesh.Data.V1;
using AiMesh.DataService.Tests.Events;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Mask = AiMesh.Data.V1.Field.Types.Mask;
using PersonalKind = AiMesh.Data.V1.Field.Types.PersonalKind;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Protection;

/// <summary>D1, D4: fields that some see on some rows only, or masked, and that tell nothing else.</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class FieldViewsTests(DataFixture fixture)
{
    private static readonly string[] Permissions = ["data:list", "data:read:*", "data:write:*", "data:import:*", "data:export:*"];

    private readonly string _id = DataFixture.NewId();

    private Caller Admin => fixture.Caller();

    private Caller Support => fixture.CallerWith(["support"], Permissions, "sue");

    [Fact]
    public async Task Views_ShowWhatTheyAllow_OnEveryPath()
    {
        await DefineAsync();
        string[] expected = ["one: day=2026-01-01 email=a***@example.org name=Ada", "two: day=1999-01-01 email=b***@example.org name=Bob phone=+1 212 555 0147 salary=60000"];
        Assert.Equal(expected, (await Support.ListAsync(_id)).Items.Select(WithoutHash));
        Assert.Equal(expected[1], WithoutHash(await Support.GetAsync(_id, "two")));
        using (var call = Support.Items.QueryItems(new() { Dataset = _id }, Support.Options))
        {
            await call.ResponseStream.MoveNext(default);
            Assert.Equal(expected, call.ResponseStream.Current.Items.Select(WithoutHash));
        }

        var (_, csv) = await Support.SendAsync(HttpMethod.Get, $"/api/data/datasets/{_id}:export?format=CSV");
        Assert.Contains("b***@example.org", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("bob@example.org", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("3456", csv, StringComparison.Ordinal);
        var seen = await Support.ListAsync(_id, readMask: "salary,email");
        Assert.Equal(["one: email=a***@example.org", "two: email=b***@example.org salary=60000"], seen.Items.Select(Text));
        Assert.Equal("alice@example.org", (await Admin.GetAsync(_id, "one")).Fields.Fields["email"].StringValue);
    }

    [Fact]
    public async Task Hash_IsTheSameForTheSameValueWithinTheOrganisationOnly()
    {
        await DefineAsync();
        var hashes = (await Support.ListAsync(_id)).Items.Select(item => item.Fields.Fields["ssn"].StringValue).ToArray();
        Assert.Matches("^[0-9a-f]{24}$", hashes[0]);
        Assert.Equal(hashes[0], hashes[1]);

        var admin = fixture.Caller(organisation: $"other-{_id}");
        await admin.DefineAsync(_id, Definition());
        await admin.CreateAsync(_id, Item("Ada", "ssn", "123-45-6789"), "one");
        var other = await fixture.CallerWith(["support"], Permissions, "sue", $"other-{_id}").GetAsync(_id, "one");
        Assert.NotEqual(hashes[0], other.Fields.Fields["ssn"].StringValue);
    }

    [Theory]
    [InlineData("email")]
    [InlineData("salary")]
    [InlineData("phone")]
    [InlineData("ssn")]
    public async Task RestrictedField_OutsideOfAnswers_IsUnknown(string name)
    {
        await DefineAsync();
        foreach (var ask in (Func<string, Task>[])
            [
                field => Support.ListAsync(_id, $"{field}:*"),
                field => Support.ListAsync(_id, orderBy: field),
                field => Support.Items.AggregateItemsAsync(
                    new() { Dataset = _id, GroupBy = { field }, Aggregations = { new AggregateItemsRequest.Types.Aggregation { Function = AggregateItemsRequest.Types.Function.Count } } }, Support.Options).ResponseAsync,
                field => Support.Items.AggregateItemsAsync(
                    new() { Dataset = _id, Aggregations = { new AggregateItemsRequest.Types.Aggregation { Function = AggregateItemsRequest.Types.Function.Max, Field = field } } }, Support.Options).ResponseAsync,
                field => Support.CreateAsync(_id, Fields((field, "x"))),
                field => Support.UpdateAsync(_id, "two", Fields((field, "x"))),
                field => Support.UpdateAsync(_id, "two", Fields(("name", "x")), mask: field),
                field => Support.ImportAsync(new() { Dataset = _id, Csv = $"name,{field}\na,x\n" }),
                field => Support.ImportAsync(new() { Dataset = _id, Json = $"{{\"{field}\": \"x\"}}" }),
            ])
        {
            var (restricted, unknown) = (await Caller.FailureAsync(() => ask(name)), await Caller.FailureAsync(() => ask("nothing")));
            Assert.Equal(StatusCode.InvalidArgument, restricted.Code);
            Assert.Equal(unknown.Violations.Select(v => v.Replace("nothing", name, StringComparison.Ordinal)), restricted.Violations);
        }
    }

    [Fact]
    public async Task ChangeUnderAMask_IsNotToldByEtagTimeOrWatch()
    {
        await DefineAsync();
        await using var watcher = await Watcher.StartAsync(Support, _id);
        var before = await Support.GetAsync(_id, "two");
        await Admin.UpdateAsync(_id, "two", Fields(("salary", 61000), ("day", "1999-12-31"), ("email", "ben@example.org")));
        Assert.Equal(before, await Support.GetAsync(_id, "two"));
        await Admin.UpdateAsync(_id, "one", Fields(("salary", 100), ("phone", "+1 212 555 0148")));
        await Admin.UpdateAsync(_id, "two", Fields(("salary", 71000)));
        Assert.Equal("Updated two", await watcher.NextAsync());
        Assert.NotEqual(before.Etag, (await Support.GetAsync(_id, "two")).Etag);
        Assert.Null(before.UpdateTime);
    }

    [Fact]
    public async Task Definition_SaysThatAFieldIsRestrictedAndNotHow()
    {
        await DefineAsync();
        var seen = await Support.Datasets.GetDatasetAsync(new() { Dataset = _id }, Support.Options);
        Assert.Equal(["day", "email", "name", "phone", "salary", "ssn"], seen.Fields.Select(f => f.Name).Order());
        Assert.Equal(["name"], seen.Fields.Where(f => !f.Restricted).Select(f => f.Name));
        Assert.All(seen.Fields, static f => Assert.Empty(f.Views));
        Assert.Equal(2, (await Admin.Datasets.GetDatasetAsync(new() { Dataset = _id }, Admin.Options)).Fields.Single(f => f.Name == "phone").Views.Count);

        var member = fixture.CallerWith(["member"], Permissions, "max");
        Assert.Equal("two: name=Bob", Text(await member.GetAsync(_id, "two")));
    }

    [Fact]
    public async Task Definition_WithViewsThatCannotBe_IsRefused()
    {
        var wanted = Dataset([View(Field("n", Type.Integer), "support", Mask.Hash, "unknown = 1"), View(Field("l", Type.StringList), "", Mask.Generalise), Stored(Field("b", Type.Boolean), Mask.Partial), Stored(Field("s"), Mask.Null)], Admins);
        var failure = await Caller.FailureAsync(() => Admin.DefineAsync(_id, wanted));
        Assert.Equal(
            [
                "dataset.fields[0].views[0].condition", "dataset.fields[0].views[0].mask", "dataset.fields[1].views[0].mask", "dataset.fields[1].views[0].roles",
                "dataset.fields[2].stored_as", "dataset.fields[3].stored_as",
            ],
            failure.Violations.Select(v => v.Split(": ")[0]).Order());
    }

    [Fact]
    public async Task StoredAs_LeavesNoPlaintextAnywhere()
    {
        await Admin.DefineAsync(_id, Dataset(
            [Field("name"), Stored(Field("mail"), Mask.Pseudonym, PersonalKind.Email), Stored(Field("note"), Mask.Partial, PersonalKind.FreeText)], Admins));
        await Admin.CreateAsync(_id, Fields(("mail", "zacharias@secret.example"), ("note", "Call zacharias@secret.example, card 4111 1111 1111 1111.")), "one");
        await Admin.ImportAsync(new() { Dataset = _id, Csv = "id,mail\ntwo,Zacharias@secret.example\n", IdField = "id" });
        await Admin.ImportAsync(new() { Dataset = _id, Json = "{\"id\": \"three\", \"mail\": \"zacharias@secret.example\"}", IdField = "id" });
        await Admin.UpdateAsync(_id, "three", Fields(("name", "x")));
        var mails = (await Admin.ListAsync(_id)).Items.Select(item => item.Fields.Fields["mail"].StringValue).ToArray();
        Assert.EndsWith("@pseudonym.invalid", mails[0], StringComparison.Ordinal);
        Assert.Equal(3, mails.Length);
        Assert.Single(mails.Distinct());
        Assert.Equal("Call z***@secret.example, card **** **** **** 1111.", (await Admin.GetAsync(_id, "one")).Fields.Fields["note"].StringValue);
        Assert.Empty(await Testing.PersonScan.FindAsync(fixture.Database.ConnectionString, "zacharias@secret.example"));
    }

    private async Task DefineAsync()
    {
        await Admin.DefineAsync(_id, Definition());
        await Admin.CreateAsync(_id, Item("Ada", "ssn", "123-45-6789", ("email", "alice@example.org"), ("salary", 52_300), ("phone", "+49 30 1234567"), ("day", "2026-11-21")), "one");
        await Support.CreateAsync(_id, Item("Bob"), "two");
        await Admin.UpdateAsync(_id, "two", Item("Bob", "ssn", "123-45-6789", ("email", "bob@example.org"), ("salary", 64_000), ("phone", "+1 212 555 0147"), ("day", "1999-06-01")));
    }

    // Support sees its own rows better than others; a salary only on its own.
    private static Dataset Definition() => Dataset(
        [
            Field("name"),
            View(Field("email", visibleTo: "admin"), "support", Mask.Partial, kind: PersonalKind.Email),
            View(Field("salary", Type.Integer, "admin"), "support", Mask.Generalise, "row.owner = user.id"),
            View(View(Field("phone", visibleTo: "admin"), "support", Mask.Unspecified, "row.owner = user.id"), "support", Mask.Null),
            View(Field("ssn", visibleTo: "admin"), "support", Mask.Hash),
            View(Field("day", Type.Date, "admin"), "support", Mask.Generalise),
        ],
        Admins, Rule("support,member", "", Action.Read, Action.Create, Action.Update));

    private static Field View(Field field, string roles, Mask mask, string condition = "", PersonalKind kind = default)
    {
        field.Views.Add(new FieldView { Roles = { roles.Split(',', StringSplitOptions.RemoveEmptyEntries) }, Mask = mask, Condition = condition });
        field.PersonalKind = kind;
        return field;
    }

    private static Field Stored(Field field, Mask mask, PersonalKind kind = default)
    {
        (field.StoredAs, field.PersonalKind) = (mask, kind);
        return field;
    }

    private static Google.Protobuf.WellKnownTypes.Struct Item(string name, string? field = null, string? value = null, params (string, object?)[] others) =>
        field is null ? Fields(("name", name)) : Fields([("name", name), (field, value), .. others]);

    private static string WithoutHash(Item item)
    {
        item.Fields.Fields.Remove("ssn");
        return Text(item);
    }

    private static string Text(Item item) => $"{item.Name.Split('/')[^1]}: " + string.Join(' ', item.Fields.Fields.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={(f.Value.HasStringValue ? f.Value.StringValue : f.Value.NumberValue)}"));
}
