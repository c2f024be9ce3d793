using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Tests.Caching;

/// <summary>The gateway's kept answers together with what DataService says of them: nobody can tell them from answers that were never kept.</summary>
[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class CachedReadsTests(DataFixture fixture) : IAsyncLifetime
{
    private readonly Caller _admin = fixture.Caller();
    private GatewayHost _gateway = null!;
    private string _dataset = "";

    public async Task InitializeAsync()
    {
        _gateway = await GatewayHost.StartAsync(fixture.Service, fixture.Authority);
        _dataset = DataFixture.NewId();
        await _admin.DefineAsync(_dataset, Definition());
        await _admin.CreateAsync(_dataset, Fields(("title", "0"), ("status", "open"), ("secret", "1"), ("region", "EU")), "a");
        await _admin.CreateAsync(_dataset, Fields(("title", "0"), ("status", "draft"), ("region", "US")), "b");
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Read_IsAnsweredFromWhatWasKept_AndRecordedEachTime()
    {
        using var outcomes = new CacheOutcomes();
        var answer = await KeptAsync(Token("viewer"), Items);
        var (hits, recorded) = (outcomes.Hits, await RecordedAsync());
        for (var i = 0; i < 3; i++) Assert.Equal(answer, await TextAsync(Token("viewer", $"viewer {i}"), Items));
        Assert.Equal(hits + 3, outcomes.Hits);
        Assert.Equal(recorded + 3, await RecordedAsync());

        using var known = await SendAsync(Token("viewer"), Items, ifNoneMatch: await TagAsync(Token("viewer"), Items));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync());
        Assert.DoesNotContain(known.Headers, static header => header.Key.StartsWith("X-AiMesh", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Read_OfThoseWhoSeeOtherThings_IsTheirOwn()
    {
        var other = fixture.Caller(organisation: "other");
        await other.DefineAsync(_dataset, Definition());
        await other.CreateAsync(_dataset, Fields(("title", "of others"), ("status", "open")), "a");
        string[] callers =
        [
            Token("admin"), Token("viewer"), Token("member", "ann"), Token("member", "ben"), Token("nobody"), Token("analyst", region: "EU"), Token("analyst", region: "US"), Token("analyst"),
            fixture.Authority.Token("admin", "other", ["admin"], ["*"]), fixture.Authority.Token("viewer", "other", ["viewer"], ["data:read:*"]), fixture.Authority.Token("viewer", "demo", ["viewer"], []),
        ];
        await fixture.CallerWith(["admin", "member"], ["*"], "ann").CreateAsync(_dataset, Fields(("title", "ann's")), "c");
        string[] paths = [Items, $"{Items}?page_size=1", $"{Items}/a", $"{Items}/b", $"{Items}?filter=secret%20%3D%20%221%22", $"{Items}?read_mask=title&order_by=title"];
        for (var round = 0; round < 3; round++)
        {
            foreach (var path in paths)
            {
                foreach (var caller in callers) await AssertEqualAsync(caller, path);
            }
        }
    }

    [Fact]
    public async Task Read_AfterAWriteThroughThisGateway_IsNew()
    {
        foreach (var value in Enumerable.Range(1, 20))
        {
            await TextAsync(Token("viewer"), Items);
            await WriteAsync(_gateway, "a", value);
            Assert.Contains($"\"{value}\"", await TextAsync(Token("viewer"), Items), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Read_AfterAWriteElsewhere_IsNewAtOnce_AndWhatWasKeptIsForgotten()
    {
        await using var second = await GatewayHost.StartAsync(fixture.Service, fixture.Authority);
        await KeptAsync(Token("viewer"), Items);
        Assert.NotEqual(0, _gateway.Store.Count);
        await WriteAsync(second, "a", 7);
        Assert.Contains("\"7\"", await TextAsync(Token("viewer"), Items), StringComparison.Ordinal);

        await KeptAsync(Token("viewer"), Items);
        await _admin.UpdateAsync(_dataset, "a", Fields(("secret", "erased")));
        await _gateway.UntilAsync(static store => store.Count == 0);
    }

    [Fact]
    public async Task Read_OfARevokedTokenOrALostPermission_IsRefused()
    {
        var token = fixture.Authority.Token("viewer", "demo", ["viewer"], ["data:read:*"], tokenId: $"token for {_dataset}");
        await KeptAsync(token, Items);
        fixture.Authority.RevokeToken($"token for {_dataset}");
        for (var i = 0; await StatusAsync(token, Items) != HttpStatusCode.Unauthorized; i++)
        {
            Assert.True(i < 300, "A revoked token is answered.");
            await Task.Delay(50);
        }

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(fixture.Authority.Token("viewer", "demo", ["viewer"], ["data:read:others"]), Items));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Token("viewer"), Items));
    }

    [Fact]
    public async Task Reads_OfManyAtOnce_AreOneReadOfTheRows()
    {
        await PublishedAsync();
        using var outcomes = new CacheOutcomes();
        using var client = _gateway.Client(Token("viewer"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.GetStringAsync(Items)));
        Assert.Single(answers.Distinct());
        Assert.Equal((1, 199), (outcomes.Misses, outcomes.Hits));
    }

    [Fact]
    public async Task Read_ThatIsGivenUp_DoesNotHarmThoseWhoWaitForIt()
    {
        using var client = _gateway.Client(Token("viewer"));
        using var impatient = new CancellationTokenSource();
        var given = Enumerable.Range(0, 20).Select(_ => client.GetAsync(Items, impatient.Token)).ToArray();
        var waiting = Enumerable.Range(0, 50).Select(_ => client.GetStringAsync(Items)).ToArray();
        await impatient.CancelAsync();
        Assert.Single((await Task.WhenAll(waiting)).Distinct());
        await Task.WhenAll(given).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Reads_WithWritesBetween_NeverShowWhatIsOlderThanAnAcknowledgedWrite()
    {
        await using var second = await GatewayHost.StartAsync(fixture.Service, fixture.Authority);
        GatewayHost[] gateways = [_gateway, second];
        var (acknowledged, reads) = (0, 0);
        using var outcomes = new CacheOutcomes();
        var writing = Task.Run(async () =>
        {
            for (var value = 1; value <= 30 || outcomes.Hits == 0; value++)
            {
                Assert.True(value < 600, "Nothing is kept between the writes.");
                await WriteAsync(gateways[value % 2], "a", value);
                Volatile.Write(ref acknowledged, value);
                // Nothing is kept while the news of a write are on their way: now and then they arrive before the next one.
                if (value % 5 == 0) await PublishedAsync();
                await Task.Delay(20);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async reader =>
        {
            using var client = gateways[reader % 2].Client(Token("viewer"));
            do
            {
                var least = Volatile.Read(ref acknowledged);
                var read = int.Parse(JsonNode.Parse(await client.GetStringAsync($"{Items}/a"))!["fields"]!["title"]!.GetValue<string>(), CultureInfo.InvariantCulture);
                Assert.True(read >= least, $"{read} was read after {least} was acknowledged.");
            }
            while (Interlocked.Increment(ref reads) < 1000 || !writing.IsCompleted);
        }));
        await writing;
    }

    [Fact]
    public async Task Reads_WhenNothingIsHeardOfWrites_GoPastTheCache_AndBack()
    {
        await using var relay = new TcpRelay(fixture.Service.Channel.Target);
        await using var gateway = await GatewayHost.StartAsync(fixture.Service, fixture.Authority, relay.Address);
        await KeptAsync(Token("viewer"), Items, gateway);
        Assert.NotEqual(0, gateway.Store.Count);
        relay.Cut();
        await gateway.UntilAsync(static store => !store.IsOpen);
        Assert.Equal(0, gateway.Store.Count);
        using var outcomes = new CacheOutcomes();
        await WriteAsync(_gateway, "a", 5);
        for (var i = 0; i < 3; i++) Assert.Contains("\"5\"", await TextAsync(Token("viewer"), Items, gateway), StringComparison.Ordinal);
        Assert.Equal((0, 3), (outcomes.Hits, outcomes.Bypassed));
        Assert.Equal(0, gateway.Store.Count);
        Assert.Contains("\"cache\"", await TextAsync(Token("viewer"), "/health", gateway), StringComparison.Ordinal);

        relay.Mend();
        await gateway.UntilAsync(static store => store.IsOpen);
        await KeptAsync(Token("viewer"), Items, gateway);
        Assert.NotEqual(0, gateway.Store.Count);
    }

    [Fact]
    public async Task Read_ThatFails_IsNotKept()
    {
        foreach (var path in (string[])[$"{Items}/none", $"{Items}?filter=nonsense%20%3D", $"/api/data/datasets/{_dataset}-none/items"])
        {
            for (var i = 0; i < 2; i++) Assert.True(await StatusAsync(Token("viewer"), path) is HttpStatusCode.NotFound or HttpStatusCode.BadRequest);
        }

        Assert.Equal(0, _gateway.Store.Count);
        await _admin.CreateAsync(_dataset, Fields(("title", "now there"), ("status", "open")), "none");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Token("viewer"), $"{Items}/none"));
    }

    [Fact]
    public async Task Reads_AndWritesAtRandom_AnswerLikeDataServiceItself()
    {
        // The seed is fixed, so that what fails once can be looked at again.
        var random = new Random(20261121);
        string[] roles = ["admin", "viewer", "member", "analyst", "nobody"];
        string[] queries = ["", "?page_size=1", "?filter=status%20%3D%20%22open%22", "?order_by=title%20desc", "?read_mask=title", "?filter=secret%3A*", "?page_size=1&order_by=status", "/a", "/b", "/i3?read_mask=status"];
        string Any(params string[] of) => of[random.Next(of.Length)];
        using var outcomes = new CacheOutcomes();
        for (var step = 0; step < 400; step++)
        {
            var item = string.Create(CultureInfo.InvariantCulture, $"i{random.Next(5)}");
            switch (random.Next(12))
            {
                case 0:
                    await TryAsync(() => fixture.CallerWith(["admin"], ["*"], Any("ann", "ben")).CreateAsync(_dataset, RandomFields(random), item));
                    break;
                case 1:
                    await TryAsync(() => _admin.UpdateAsync(_dataset, Any("a", "b", item), RandomFields(random)));
                    break;
                case 2:
                    await TryAsync(() => _admin.DeleteAsync(_dataset, item));
                    break;
                case 3 when random.Next(4) == 0:
                    var definition = Definition();
                    (definition.Id, definition.Fields[2].VisibleTo[0]) = (_dataset, Any("admin", "viewer", "member"));
                    definition.RowRules[1].Condition = Any("status = \"open\"", "status = \"draft\"", "");
                    await _admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = definition, UpdateMask = new FieldMask { Paths = { "fields", "row_rules" } } }, _admin.Options);
                    break;
                default:
                    // Roles and attributes of a person are another each time, as if they had just been changed.
                    var token = fixture.Authority.Token(
                        Any("ann", "ben", "cem"), "demo", [Any(roles), Any(roles)], random.Next(8) == 0 ? ["data:list"] : ["data:read:*"], new Dictionary<string, string> { ["region"] = Any("EU", "US") });
                    await AssertEqualAsync(token, Items + Any(queries));
                    break;
            }
        }

        Assert.NotEqual(0, outcomes.Hits);
    }

    private string Items => $"/api/data/datasets/{_dataset}/items";

    private static Dataset Definition() => Dataset(
        [Field("title"), Field("status"), Field("secret", visibleTo: "admin"), Field("region")],
        Admins, Rule("viewer", "status = \"open\"", Action.Read), Rule("member", "row.owner = user.id", Action.Read), Rule("analyst", "region = user.attributes.region", Action.Read));

    private static Struct RandomFields(Random random) => Fields(
        ("title", random.Next(3).ToString(CultureInfo.InvariantCulture)), ("status", random.Next(2) == 0 ? "open" : "draft"), ("secret", random.Next(2) == 0 ? "1" : null), ("region", random.Next(2) == 0 ? "EU" : "US"));

    private static async Task TryAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Grpc.Core.RpcException exception) when (exception.StatusCode is Grpc.Core.StatusCode.AlreadyExists or Grpc.Core.StatusCode.NotFound)
        {
            // Written at random: there already, or not there.
        }
    }

    private string Token(string role, string? subject = null, string? region = null) => fixture.Authority.Token(
        subject ?? role, "demo", [role], ["data:list", "data:read:*", "data:write:*"], region is null ? null : new Dictionary<string, string> { ["region"] = region });

    /// <summary>The gateway answers like DataService: status, body and entity tag; errors by their status, as the gateway words them itself.</summary>
    private async Task AssertEqualAsync(string token, string path)
    {
        using var direct = await SendAsync(fixture.Service.HttpAddress, token, path);
        using var through = await SendAsync(token, path);
        Assert.Equal(direct.StatusCode, through.StatusCode);
        if (!direct.IsSuccessStatusCode) return;
        Assert.Equal(await direct.Content.ReadAsStringAsync(), await through.Content.ReadAsStringAsync());
        Assert.Equal(direct.Headers.ETag, through.Headers.ETag);
        Assert.Equal(direct.Content.Headers.ContentType, through.Content.Headers.ContentType);
        Assert.Equal(direct.Headers.CacheControl, through.Headers.CacheControl);
    }

    private Task<long> RecordedAsync() => fixture.AskAsync<long>($"SELECT coalesce(sum(item_count), 0)::bigint FROM access_log WHERE dataset = '{_dataset}' AND action = 'list'");

    /// <summary>Waits until no event of the dataset waits for its position: before that no answer is kept.</summary>
    private async Task PublishedAsync()
    {
        for (var i = 0; await fixture.AskAsync<long>($"SELECT count(*) FROM event_queue q JOIN datasets d ON d.id = q.dataset_id WHERE d.name = '{_dataset}'") > 0; i++)
        {
            Assert.True(i < 600, "Events are not published.");
            await Task.Delay(20);
        }
    }

    /// <summary>Reads until an answer is kept, and still is when the news of the last write have come.</summary>
    private async Task<string> KeptAsync(string token, string path, GatewayHost? gateway = null)
    {
        await PublishedAsync();
        using var outcomes = new CacheOutcomes();
        for (var i = 0; i < 600; i++)
        {
            var answer = await TextAsync(token, path, gateway);
            if (outcomes.Hits > 0) return answer;
            await Task.Delay(50);
        }

        throw new TimeoutException("Nothing is kept.");
    }

    private static async Task WriteAsync(GatewayHost gateway, string item, int value, string dataset, string token)
    {
        using var client = gateway.Client(token);
        using var content = new StringContent(string.Create(CultureInfo.InvariantCulture, $"{{\"fields\":{{\"title\":\"{value}\"}}}}"), MediaTypeHeaderValue.Parse("application/json"));
        using var response = await client.PatchAsync($"/api/data/datasets/{dataset}/items/{item}", content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task WriteAsync(GatewayHost gateway, string item, int value) => WriteAsync(gateway, item, value, _dataset, Token("admin"));

    private async Task<string> TextAsync(string token, string path, GatewayHost? gateway = null)
    {
        using var response = await SendAsync((gateway ?? _gateway).Address, token, path);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<string> TagAsync(string token, string path)
    {
        using var response = await SendAsync(token, path);
        return response.Headers.ETag!.Tag;
    }

    private async Task<HttpStatusCode> StatusAsync(string token, string path)
    {
        using var response = await SendAsync(token, path);
        return response.StatusCode;
    }

    private Task<HttpResponseMessage> SendAsync(string token, string path, string? ifNoneMatch = null) => SendAsync(_gateway.Address, token, path, ifNoneMatch);

    private static async Task<HttpResponseMessage> SendAsync(Uri address, string token, string path, string? ifNoneMatch = null)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await client.SendAsync(request);
    }
}
