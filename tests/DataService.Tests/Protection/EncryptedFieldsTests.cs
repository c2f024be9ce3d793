using System.Text;
using AiMesh.Common.V1;
using AiMesh.Data.V1;
using AiMesh.DataService.Protection;
using AiMesh.DataService.Tests.Events;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Mask = AiMesh.Data.V1.Field.Types.Mask;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Protection;

/// <summary>D8: what is encrypted is nowhere in the database, and is of no use in another place.</summary>
[Trait("Level", "Server")]
public sealed class EncryptedFieldsTests(DataFixture fixture) : IClassFixture<DataFixture>
{
    private static readonly string[] Secrets = ["Quetzalcoatl", "Xochimilco", "4711471147"];

    private readonly string _organisation = DataFixture.NewId();

    private Caller Admin => fixture.Caller(subject: "boss", organisation: _organisation);

    private Caller Clerk => fixture.CallerWith(["clerk"], ["data:list", "data:read:*", "data:write:*", "data:delete:*", "data:import:*", "data:export:*"], "carl", _organisation);

    [Fact]
    public async Task Values_AreReadWrittenAndExported_AndInNoColumnOfTheDatabase()
    {
        await DefineAsync();
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[0]), ("number", 4711471147), ("tags", new[] { Secrets[1] })), "one");
        await Clerk.ImportAsync(new() { Dataset = "d", Csv = $"id,name,code,number\ntwo,b,{Secrets[0]},4711471147\n", IdField = "id" });
        await Clerk.ImportAsync(new() { Dataset = "d", Json = $"{{\"id\": \"three\", \"name\": \"c\", \"tags\": [\"{Secrets[1]}\"]}}", IdField = "id" });
        await Clerk.Items.BatchCreateItemsAsync(
            new() { Dataset = "d", Requests = { new CreateItemRequest { ItemId = "four", Item = new Item { Fields = Fields(("name", "d"), ("code", Secrets[1])) } } } }, Clerk.Options);
        await Clerk.UpdateAsync("d", "one", Fields(("name", "A")));
        var changed = await Clerk.UpdateAsync("d", "three", Fields(("code", Secrets[0])));

        Assert.Equal(Secrets[0], changed.Fields.Fields["code"].StringValue);
        var one = (await Clerk.GetAsync("d", "one")).Fields.Fields;
        Assert.Equal(("A", Secrets[0], 4711471147d, Secrets[1]), (one["name"].StringValue, one["code"].StringValue, one["number"].NumberValue, one["tags"].ListValue.Values[0].StringValue));
        Assert.Equal(4, (await Clerk.ListAsync("d")).Items.Count);
        Assert.Contains(Secrets[0], (await Clerk.SendAsync(HttpMethod.Get, "/api/data/datasets/d:export?format=CSV")).Body, StringComparison.Ordinal);
        await fixture.Service.Host.Services.GetRequiredService<DataService.Audit.AuditSealer>().SealAsync(wait: true, default);
        await Clerk.DeleteAsync("d", "four");
        Assert.Empty(await PersonScan.FindAsync(fixture.Database.ConnectionString, [.. Secrets, .. Secrets.Select(static s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s))[..12])]));
    }

    [Fact]
    public async Task Watch_TellsOfDecryptedItems()
    {
        await DefineAsync();
        await using var watcher = await Watcher.StartAsync(Clerk, "d", "code = Xochimilco");
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[0])), "one");
        await Clerk.CreateAsync("d", Fields(("name", "b"), ("code", Secrets[1])), "two");
        var told = await watcher.TakeAsync();
        Assert.EndsWith("/two", told.Item.Name, StringComparison.Ordinal);
        Assert.Equal(Secrets[1], told.Item.Fields.Fields["code"].StringValue);
    }

    [Fact]
    public async Task EqualityIndex_FindsByTheWholeValue()
    {
        await DefineAsync();
        foreach (var (id, code) in ((string, string?)[])[("a", Secrets[0]), ("b", Secrets[1]), ("c", Secrets[0]), ("e", null)]) await Clerk.CreateAsync("d", Fields(("name", id), ("code", code)), id);
        Assert.Equal(["a", "c"], await Clerk.IdsAsync("d", $"code = {Secrets[0]}"));
        Assert.Equal(["b"], await Clerk.IdsAsync("d", $"code != {Secrets[0]}"));
        Assert.Equal(["b"], await Clerk.IdsAsync("d", $"NOT code = {Secrets[0]} AND name = b"));
        Assert.Equal(["e"], await Clerk.IdsAsync("d", "NOT code:*"));
        Assert.Empty(await Clerk.IdsAsync("d", "code = Quetzalcoat"));
    }

    [Theory]
    [InlineData("code > a", "", "filter: field 'code' is encrypted: only = and != with a value, and :*, apply")]
    [InlineData("code = \"Quetz*\"", "", "filter: field 'code' is encrypted: only = and != with a value, and :*, apply")]
    [InlineData("number = 5", "", "filter: field 'number' is encrypted: only :* applies")]
    [InlineData("tags:x", "", "filter: field 'tags' is encrypted: only :* applies")]
    [InlineData("", "code", "order_by: field 'code' is encrypted: it can be read, not filtered, ordered or grouped")]
    public async Task WhatCannotBe_IsRefusedClearly(string filter, string orderBy, string expected)
    {
        await DefineAsync();
        Assert.Equal([expected], (await Caller.FailureAsync(() => Clerk.ListAsync("d", filter, orderBy))).Violations);

        // Who does not see it learns nothing of it.
        var guest = fixture.CallerWith(["guest"], ["data:list", "data:read:*"], "gus", _organisation);
        var violation = Assert.Single((await Caller.FailureAsync(() => guest.ListAsync("d", filter, orderBy))).Violations);
        Assert.Contains("unknown field", violation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Definition_WithEncryptionThatCannotBe_IsRefused()
    {
        var wanted = Dataset([Encrypted(Field("code")), Encrypted(Field("number", Type.Integer), index: true), Encrypted(Field("both"))], Admins, Rule("clerk", "code = x"));
        wanted.Fields[2].StoredAs = Mask.Hash;
        wanted.SubjectField = "code";
        Assert.Equal(
            ["dataset.fields[1].equality_index", "dataset.fields[2].encrypted", "dataset.row_rules[1].condition", "dataset.subject_field"],
            (await Caller.FailureAsync(() => Admin.DefineAsync("d", wanted))).Violations.Select(v => v.Split(": ")[0]).Order());

        await DefineAsync();
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", "x")), "one");
        var opened = await Admin.Datasets.GetDatasetAsync(new() { Dataset = "d" }, Admin.Options);
        opened.Fields.Single(f => f.Name == "code").Encrypted = false;
        opened.Fields.Single(f => f.Name == "code").EqualityIndex = false;
        var failure = await Caller.FailureAsync(() => Admin.Datasets.UpdateDatasetAsync(new() { Dataset = opened }, Admin.Options).ResponseAsync);
        Assert.Equal(["dataset.fields: field 'code' has data and keeps its type and encryption"], failure.Violations);
    }

    [Fact]
    public async Task Ciphertext_InAnotherPlace_IsRefused()
    {
        await DefineAsync();
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[0])), "one");
        await Clerk.CreateAsync("d", Fields(("name", "b"), ("code", Secrets[1])), "two");
        var table = await fixture.AskAsync<long>($"SELECT id FROM datasets WHERE organisation = '{_organisation}'");
        await fixture.AskAsync<long>($"WITH moved AS (UPDATE items.d{table} SET fields = (SELECT o.fields FROM items.d{table} o WHERE o.id = 'one') WHERE id = 'two' RETURNING 1) SELECT count(*) FROM moved");
        Assert.Equal(StatusCode.Internal, (await Caller.FailureAsync(() => Clerk.GetAsync("d", "two"))).Code);
        Assert.Equal(Secrets[0], (await Clerk.GetAsync("d", "one")).Fields.Fields["code"].StringValue);
    }

    [Fact]
    public async Task Ciphertext_InAnotherFieldOfItsItem_IsRefused()
    {
        var table = await DefinePairAsync();
        await Clerk.CreateAsync("pair", Fields(("first", Secrets[0]), ("second", Secrets[1])), "one");
        Assert.Equal(1, await fixture.AskAsync<long>(
            $"WITH moved AS (UPDATE {table} SET fields = jsonb_set(fields, '{{second}}', fields->'first') WHERE id = 'one' RETURNING 1) SELECT count(*) FROM moved"));
        Assert.Equal(StatusCode.Internal, (await Caller.FailureAsync(() => Clerk.GetAsync("pair", "one"))).Code);
    }

    [Fact]
    public async Task Ciphertext_TellsNeitherThatTwoFieldsAreEqual_NorWhichShortValueIsLonger()
    {
        var table = await DefinePairAsync();
        await Clerk.CreateAsync("pair", Fields(("first", "a"), ("second", "a")), "one");
        await Clerk.CreateAsync("pair", Fields(("first", "a"), ("second", "abcdefghij")), "two");

        Assert.Equal(1, await fixture.AskAsync<long>($"SELECT count(DISTINCT fields->'first'->>'i') FROM {table}")); // Or it would not be found.
        Assert.Equal(0, await fixture.AskAsync<long>($"SELECT count(*) FROM {table} WHERE fields->'first'->>'i' = fields->'second'->>'i'"));
        Assert.Equal(1, await fixture.AskAsync<long>($"SELECT count(DISTINCT length(fields->'second'->>'c')) FROM {table}"));
    }

    [Fact]
    public async Task MaskedAndEncrypted_IsMaskedAfterDecryption()
    {
        var field = Encrypted(Field("card", visibleTo: "clerk"));
        field.Views.Add(new FieldView { Roles = { "guest" }, Mask = Mask.Partial });
        await Admin.DefineAsync("d", Dataset([Field("name"), field], Admins, Rule("clerk", "", Action.Read, Action.Create), Rule("guest")));
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("card", "4111 1111 1111 1111")), "one");
        var guest = fixture.CallerWith(["guest"], ["data:list", "data:read:*"], "gus", _organisation);
        Assert.Equal("**** **** **** 1111", (await guest.GetAsync("d", "one")).Fields.Fields["card"].StringValue);
        Assert.Equal("4111 1111 1111 1111", (await Clerk.GetAsync("d", "one")).Fields.Fields["card"].StringValue);
    }

    [Fact]
    public async Task Rotation_EncryptsAnewWhileEverythingIsRead()
    {
        await DefineAsync();
        for (var i = 0; i < 3; i++) await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[i % 2])), $"i{i}");
        var before = await Clerk.ListAsync("d");
        var rotation = fixture.Service.Host.Services.GetRequiredService<KeyRotation>();
        Assert.True(await rotation.RotateAsync(TimeSpan.Zero, default) > 0);
        Assert.Equal(before, await Clerk.ListAsync("d"));
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[0])), "i3");
        Assert.Equal(["1", "1", "1", "2"], await KeysAsync());
        Assert.True(await rotation.ReencryptAsync(default) >= 3);
        Assert.Equal(["2", "2", "2", "2"], await KeysAsync());
        Assert.Equal(0, await rotation.ReencryptAsync(default));
        Assert.Equal(before.Items, (await Clerk.ListAsync("d")).Items.Take(3));
        Assert.Equal(["i0", "i2", "i3"], await Clerk.IdsAsync("d", $"code = {Secrets[0]}"));

        async Task<string[]> KeysAsync()
        {
            var table = await fixture.AskAsync<long>($"SELECT id FROM datasets WHERE organisation = '{_organisation}'");
            return await fixture.AskAsync<string[]>($"SELECT array_agg(fields -> 'code' ->> 'k' ORDER BY id) FROM items.d{table}");
        }
    }

    [Fact]
    public async Task MasterKey_MayChange()
    {
        await DefineAsync();
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[0])), "one");
        string[] settings = ["Mesh:MasterKey=another master key for tests", "Mesh:PreviousMasterKeys:0=a master key for tests only"];
        var api = fixture.Service.Host.Services.GetRequiredService<NpgsqlDataSource>();
        var owner = fixture.Service.Host.Services.GetRequiredKeyedService<NpgsqlDataSource>("owner");
        Assert.True(await Store(settings).RewrapAsync(default) > 0);
        Assert.Equal(0, await Store(settings).RewrapAsync(default));
        await Store(settings[..1]).GetAsync(_organisation, default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store("Mesh:MasterKey=a master key for tests only").GetAsync(_organisation, default));

        // Back, for the sake of the other tests.
        await Store("Mesh:MasterKey=a master key for tests only", "Mesh:PreviousMasterKeys:0=another master key for tests").RewrapAsync(default);

        KeyStore Store(params string[] configured) => new(api, owner, new ConfigurationBuilder().AddInMemoryCollection(configured.Select(static c => KeyValuePair.Create(c.Split('=')[0], (string?)c.Split('=')[1]))).Build());
    }

    [Fact]
    public async Task PersonalData_IsExportedDecrypted_AndKeptRowsLoseIt()
    {
        await DefineAsync(keep: true);
        await Clerk.CreateAsync("d", Fields(("name", "a"), ("code", Secrets[0]), ("number", 5)), "one");
        var headers = new Metadata { { "authorization", $"Bearer {fixture.Authority.Token("auth", _organisation, permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client)}" } };
        var client = new PersonalData.PersonalDataClient(fixture.Service.Channel);
        var carl = new Person { Id = "carl", Email = "carl@people.example", DisplayName = "Carl Cuckoo" };
        var exported = new StringBuilder();
        using (var call = client.ExportPersonalData(new ExportPersonalDataRequest { Person = carl }, headers))
        {
            while (await call.ResponseStream.MoveNext(default)) exported.Append(call.ResponseStream.Current.Piece.ToStringUtf8());
        }

        Assert.Contains($"\"code\":\"{Secrets[0]}\"", exported.ToString(), StringComparison.Ordinal);
        await client.ErasePersonalDataAsync(new ErasePersonalDataRequest { Person = carl, RequestId = Guid.NewGuid().ToString(), Pseudonym = "erased-carl" }, headers);
        Assert.Equal(["name"], (await Admin.GetAsync("d", "one")).Fields.Fields.Keys);
    }

    private Task<Dataset> DefineAsync(bool keep = false)
    {
        var definition = Dataset(
            [
                Field("name"), Encrypted(Field("code", visibleTo: "clerk"), index: true), Encrypted(Field("number", Type.Integer, "clerk")), Encrypted(Field("tags", Type.StringList, "clerk")),
            ],
            Admins, Rule("clerk", "", Action.Read, Action.Create, Action.Update, Action.Delete), Rule("guest"));
        definition.KeepRowsOfErased = keep;
        return Admin.DefineAsync("d", definition);
    }

    /// <returns>The table of a dataset with two encrypted fields alike.</returns>
    private async Task<string> DefinePairAsync()
    {
        await Admin.DefineAsync("pair", Dataset(
            [Encrypted(Field("first"), index: true), Encrypted(Field("second"), index: true)], Admins, Rule("clerk", "", Action.Read, Action.Create)));
        return $"items.d{await fixture.AskAsync<long>($"SELECT id FROM datasets WHERE organisation = '{_organisation}' AND name = 'pair'")}";
    }

    private static Field Encrypted(Field field, bool index = false)
    {
        (field.Encrypted, field.EqualityIndex) = (true, index);
        return field;
    }
}
