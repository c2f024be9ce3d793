using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Common.V1;
using AiMesh.Data.V1;
using AiMesh.DataService.Tests.Search;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Tests.Privacy;

/// <summary>A10: what becomes of a person's rows, and of the log of what they did.</summary>
[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class PersonalDataTests(DataFixture fixture)
{
    private readonly string _organisation = DataFixture.NewId();
    private readonly string _id = Guid.NewGuid().ToString("N");

    private string Email => $"erika.{_id[..8]}@people.example";

    private Person Erika => new() { Id = _id, Email = Email, DisplayName = $"Erika Mustermann{_id[..8]}", Roles = { "member" } };

    private Caller Admin => fixture.Caller("admin", "boss", _organisation);

    private Caller Member => fixture.Caller("member", _id, _organisation);

    [Fact]
    public async Task Export_HoldsOwnRowsAndThoseAboutThePerson()
    {
        await DefineAsync("people", dataset => dataset.SubjectField = "contact");
        await Member.CreateAsync("people", Shapes.Fields(("text", "mine"), ("contact", "nobody@people.example")));
        await Admin.CreateAsync("people", Shapes.Fields(("text", "about her"), ("contact", Email.ToUpperInvariant())));
        await Admin.CreateAsync("people", Shapes.Fields(("text", "about her by id"), ("contact", _id)));
        await Admin.CreateAsync("people", Shapes.Fields(("text", "about somebody else"), ("contact", $"x{Email}")));

        var sections = await ExportAsync(visibleOnly: false);

        Assert.Equal(["about her", "about her by id", "mine"], Lines(sections["items/people"]).Select(static row => row["fields"]!["text"]!.GetValue<string>()).Order());
        Assert.Contains(Lines(sections["access_log"]), static line => line["action"]!.GetValue<string>() == "create");
    }

    [Fact]
    public async Task Export_ForThePerson_LeavesHiddenFieldsAndDatasetsOut()
    {
        await DefineAsync("people", dataset => dataset.SubjectField = "contact");
        await Admin.DefineAsync("secrets", new Dataset { Fields = { Shapes.Field("contact", visibleTo: "admin") }, RowRules = { Shapes.Admins }, SubjectField = "contact" });
        await Admin.CreateAsync("people", Shapes.Fields(("text", "seen"), ("contact", Email), ("remark", "hidden from her")));
        await Admin.CreateAsync("secrets", Shapes.Fields(("contact", Email)));

        var own = await ExportAsync(visibleOnly: true);
        var whole = await ExportAsync(visibleOnly: false);

        Assert.Equal("seen", Assert.Single(Lines(own["items/people"]))["fields"]!["text"]!.GetValue<string>());
        Assert.DoesNotContain("hidden from her", own["items/people"], StringComparison.Ordinal);
        Assert.DoesNotContain("items/secrets", own.Keys);
        Assert.Contains("hidden from her", whole["items/people"], StringComparison.Ordinal);
        Assert.Single(Lines(whole["items/secrets"]));
    }

    [Fact]
    public async Task Export_OfManyRows_ComesInPieces()
    {
        await DefineAsync("people");
        var text = new string('x', 90_000);
        for (var i = 0; i < 3; i++) await Member.CreateAsync("people", Shapes.Fields(("text", text)));

        using var call = Client.ExportPersonalData(new ExportPersonalDataRequest { Person = Erika }, Authority());
        var pieces = new List<ExportPersonalDataResponse>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) pieces.Add(call.ResponseStream.Current);

        Assert.All(pieces, static piece => Assert.InRange(piece.Piece.Length, 0, 64 * 1024));
        var rows = Encoding.UTF8.GetString([.. pieces.Where(static piece => piece.Section == "items/people").SelectMany(static piece => piece.Piece)]);
        Assert.Equal(3, Lines(rows).Count(row => row["fields"]!["text"]!.GetValue<string>() == text));
    }

    [Fact]
    public async Task Erase_DeletesOwnRowsAndThoseAboutThePerson()
    {
        await DefineAsync("people", dataset => dataset.SubjectField = "contact");
        await Member.CreateAsync("people", Shapes.Fields(("text", "mine")), requestId: Guid.NewGuid().ToString());
        await Admin.CreateAsync("people", Shapes.Fields(("text", "about her"), ("contact", Email)));
        await Admin.CreateAsync("people", Shapes.Fields(("text", "about somebody else"), ("contact", $"x{Email}")));
        Assert.NotEmpty(await ScanAsync());

        var answer = await EraseAsync();

        Assert.Equal(2, answer.Stores.Single(static store => store.Store == "items/people").Erased);
        Assert.True(answer.Stores.Single(static store => store.Store == "access_log").Pseudonymised > 0);
        Assert.Equal("about somebody else", Assert.Single((await Admin.ListAsync("people")).Items).Fields.Fields["text"].StringValue);
        Assert.Empty(await ScanAsync(wordsOfTheAddress: false));
    }

    [Fact]
    public async Task Erase_WhereRowsBelongToTheOrganisation_KeepsThemWithoutThePerson()
    {
        await DefineAsync("people", dataset => dataset.KeepRowsOfErased = true);
        await Member.CreateAsync("people", Shapes.Fields(("text", $"Entered by {Erika.DisplayName} <{Email}>, see {_id}."), ("contact", $"\"{Email}\"")));

        var answer = await EraseAsync();

        var store = answer.Stores.Single(static store => store.Store == "items/people");
        Assert.Equal((0, 1), (store.Erased, store.Pseudonymised));
        var row = Assert.Single((await Admin.ListAsync("people")).Items);
        Assert.Equal("Entered by erased-test <erased-test>, see erased-test.", row.Fields.Fields["text"].StringValue);
        Assert.Empty(await ScanAsync());
    }

    [Fact]
    public async Task Erase_Again_FindsNothingAndAnswersTheSameCounts()
    {
        await DefineAsync("people");
        await Member.CreateAsync("people", Shapes.Fields(("text", "mine")));
        var first = await EraseAsync("the same request");

        var second = await EraseAsync("the same request");

        Assert.True(first.Found > 0);
        Assert.Equal(0, second.Found);
        Assert.Equal(first.Stores, second.Stores);
    }

    [Fact]
    public async Task Erase_EmptiesEvents_AndSubscribersBeginAnew()
    {
        await DefineAsync("people", dataset => dataset.SubjectField = "contact");
        var mine = await Member.CreateAsync("people", Shapes.Fields(("text", "mine")));
        await Admin.CreateAsync("people", Shapes.Fields(("text", "about her"), ("contact", Email)));
        using var call = Admin.Items.WatchItems(new WatchItemsRequest { Dataset = "people" }, Admin.Options);
        await call.ResponseStream.MoveNext(CancellationToken.None);
        await Admin.UpdateAsync("people", mine.Name.Split('/')[^1], Shapes.Fields(("text", "changed")));
        await UntilAsync(WatchItemsResponse.Types.Change.Updated);

        var answer = await EraseAsync();

        await UntilAsync(WatchItemsResponse.Types.Change.Reset);
        Assert.True(answer.Stores.Single(static store => store.Store == "events").Pseudonymised >= 4);
        Assert.Equal(0, (await EraseAsync()).Found);
        Assert.Empty(await ScanAsync());

        async Task UntilAsync(WatchItemsResponse.Types.Change change)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            do Assert.True(await call.ResponseStream.MoveNext(patience.Token), $"The watch ended before {change}.");
            while (call.ResponseStream.Current.Change != change);
        }
    }

    [Fact]
    public async Task Erase_StaysWithinTheOrganisation()
    {
        var other = DataFixture.NewId();
        var colleague = fixture.Caller("admin", _id, other);
        await colleague.DefineAsync("people", Definition());
        await colleague.CreateAsync("people", Shapes.Fields(("text", "of another organisation"), ("contact", Email)));

        await EraseAsync();

        Assert.Single((await colleague.ListAsync("people")).Items);
    }

    [Theory]
    [InlineData(PrincipalKind.User, "auth")]
    [InlineData(PrincipalKind.Client, "amc_0123456789abcdef0123456789abcdef")]
    public async Task PersonalData_ForAnybodyButAuthService_IsRefused(PrincipalKind kind, string subject)
    {
        var headers = new Metadata { { "authorization", $"Bearer {fixture.Authority.Token(subject, _organisation, permissions: ["*"], kind: kind)}" } };

        var exception = await Assert.ThrowsAsync<RpcException>(() =>
            Client.ErasePersonalDataAsync(new ErasePersonalDataRequest { Person = Erika, RequestId = "r", Pseudonym = "erased-x" }, headers).ResponseAsync);

        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
    }

    [Fact]
    public async Task Definition_WithASubjectFieldThatIsNoText_IsRefused()
    {
        var wanted = Definition();
        wanted.SubjectField = "missing";
        var failure = await Caller.FailureAsync(() => Admin.DefineAsync("people", wanted));
        Assert.Equal(["dataset.subject_field: expected the name of a field of type STRING, or nothing"], failure.Violations);
    }

    private PersonalData.PersonalDataClient Client => new(fixture.Service.Channel);

    private Metadata Authority() => new()
    {
        { "authorization", $"Bearer {fixture.Authority.Token("auth", _organisation, permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client)}" },
    };

    private static Dataset Definition() => Shapes.Dataset(
        [Searching.Searchable("text"), Searching.Searchable("contact"), Shapes.Field("remark", visibleTo: "admin")],
        Shapes.Admins, Shapes.Rule("member", "row.owner = user.id", Action.Read, Action.Create));

    private Task<Dataset> DefineAsync(string id, Action<Dataset>? change = null)
    {
        var definition = Definition();
        change?.Invoke(definition);
        return Admin.DefineAsync(id, definition);
    }

    private async Task<Dictionary<string, string>> ExportAsync(bool visibleOnly)
    {
        using var call = Client.ExportPersonalData(new ExportPersonalDataRequest { Person = Erika, VisibleOnly = visibleOnly }, Authority());
        var sections = new Dictionary<string, string>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
            sections[call.ResponseStream.Current.Section] = sections.GetValueOrDefault(call.ResponseStream.Current.Section, "") + call.ResponseStream.Current.Piece.ToStringUtf8();
        return sections;
    }

    private async Task<ErasePersonalDataResponse> EraseAsync(string? request = null) => await Client.ErasePersonalDataAsync(
        new ErasePersonalDataRequest { Person = Erika, RequestId = request ?? Guid.NewGuid().ToString(), Pseudonym = "erased-test" }, Authority());

    /// <summary>The address is also the end of somebody else's in one test.</summary>
    private Task<IReadOnlyList<string>> ScanAsync(bool wordsOfTheAddress = true) => PersonScan.FindAsync(
        fixture.Database.ConnectionString, [_id, Erika.DisplayName, .. wordsOfTheAddress ? [Email] : Array.Empty<string>()]);

    private static IEnumerable<JsonNode> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!);
}
