using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static AiMesh.DataService.Tests.Shapes;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.BadInput;

/// <summary>Whatever is sent is answered or refused with the field named: soon, without a fault and without a word of what is inside (D3). More with AIMESH_FULL=1.</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed partial class FuzzTests(DataFixture fixture)
{
    // Generous: the machine may be busy. What runs away takes minutes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly int Cases = Environment.GetEnvironmentVariable("AIMESH_FULL") == "1" ? 5000 : 150;

    private static readonly string[] Filters = ["title = \"a*\" AND n >= 3", "NOT (tags:x OR -on = true)", "at < \"2026-01-01T00:00:00Z\" OR day = 2026-01-01", "r != 1.5e3", "title:*"];
    private static readonly string[] FilterTokens = ["title", "n", "r", "tags", "on", "at", "day", "none", "AND", "OR", "NOT", "-", "(", ")", "=", "!=", "<=", ":", "*", "\"x\"", "1", "true", ".", ","];
    private static readonly string[] Csv = ["id,title,n\na,\"x \"\"y\"\"\",1\nb,,2\n", "title,tags\nx,a;b\n\"\",\"[\"\"x\"\"]\"\n", "at,day,on,r\n2026-01-01T00:00:00Z,2026-01-01,true,1.5\n"];
    private static readonly string[] Json = ["[{\"id\":\"a\",\"title\":\"x\",\"n\":1},{\"tags\":[\"a\"]}]", "{\"title\":\"x\",\"on\":true}\n{\"r\":1.5}\n"];

    [Theory]
    [InlineData("filter")]
    [InlineData("order_by")]
    [InlineData("read_mask")]
    [InlineData("page_token")]
    [InlineData("page_size")]
    [InlineData("export")]
    [InlineData("aggregate")]
    [InlineData("csv")]
    [InlineData("json")]
    [InlineData("item")]
    [InlineData("batch")]
    public async Task Garbage_IsAnsweredOrRefused_WithTheFieldNamed(string kind)
    {
        var id = await DefineAsync();
        using var client = new HttpClient { BaseAddress = fixture.Service.HttpAddress, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", fixture.Authority.Token("admin", "demo", ["admin"], ["*"]));
        var random = new Random(kind.Length + kind[0]);
        var (garbage, refused) = (new Garbage(random), 0);
        for (var i = 0; i < Cases; i++)
        {
            var (verb, path, body, type) = Request(kind, garbage, random);
            using var request = new HttpRequestMessage(verb, $"/api/data/datasets/{id}{path}");
            if (body is not null)
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }

            var (clock, what) = (Stopwatch.StartNew(), $"{kind} {i}: {path} {body}");
            using var response = await client.SendAsync(request);
            var answer = await response.Content.ReadAsStringAsync();
            Assert.True(clock.Elapsed < Patience, $"{what} took {clock.Elapsed}");
            Assert.True((int)response.StatusCode is 200 or 400 or 409 || (kind == "batch" && (int)response.StatusCode == 404), $"{what}\n{(int)response.StatusCode} {answer}");
            Assert.False(Internals().IsMatch(answer), $"{what}\n{answer}");
            if ((int)response.StatusCode != 400) continue;
            refused++;
            Assert.True(NamesWhatIsWrong(JsonNode.Parse(answer)!), $"{what}\n{answer}");
        }

        Assert.InRange(refused, Cases / 10, Cases);
    }

    /// <summary>The worst that fits: what is quadratic or deep somewhere shows here.</summary>
    [Theory]
    [InlineData("(", 4000)]
    [InlineData("NOT ", 900)]
    [InlineData("-", 3999)]
    [InlineData("title=a AND ", 330)]
    [InlineData("(title=a OR ", 330)]
    [InlineData("title = \"", 440)]
    public async Task DeepFilters_AreRefusedSoon(string part, int times)
    {
        var (clock, failure) = (Stopwatch.StartNew(), await Caller.FailureAsync(async () => await fixture.Caller().ListAsync(await DefineAsync(), string.Concat(Enumerable.Repeat(part, times)))));
        Assert.Equal("filter", failure.Violations[0].Split(':')[0]);
        Assert.True(clock.Elapsed < Patience);
    }

    [Theory]
    [InlineData("\"", "title\n", "")]
    [InlineData(",", "title\n", "\n")]
    [InlineData("\"\"\n", "title\n", "")]
    [InlineData("\r\r\r", "title\n", "")]
    [InlineData("[", "", "")]
    [InlineData("{\"title\":", "", "")]
    [InlineData("{}\n", "", "")]
    public async Task LargeSources_OfOneThing_AreReadSoon(string part, string before, string after)
    {
        var id = await DefineAsync();
        var body = before + string.Concat(Enumerable.Repeat(part, 400_000 / part.Length)) + after;
        var clock = Stopwatch.StartNew();
        var (status, answer) = await fixture.Caller().SendAsync(HttpMethod.Post, $"/api/data/datasets/{id}:import?validateOnly=true", body, before.Length > 0 ? "text/csv" : "application/x-ndjson");
        Assert.True(status is 200 or 400, $"{status} {answer[..Math.Min(300, answer.Length)]}");
        Assert.DoesNotMatch(Internals(), answer);
        Assert.True(clock.Elapsed < Patience + Patience, $"took {clock.Elapsed}");
    }

    // Problem details, or the status of a transcoded call, which the gateway turns into them. What is no JSON at all has no fields, but a place.
    private static bool NamesWhatIsWrong(JsonNode answer)
    {
        var errors = answer["errors"]?.AsArray() ?? answer["details"]?.AsArray().SelectMany(detail => detail!["fieldViolations"]?.AsArray() ?? []).ToArray() as IEnumerable<JsonNode?> ?? [];
        return errors.Any()
            ? errors.All(e => ((string?)e!["field"])?.Length > 0 && ((string?)e["description"])?.Length > 0)
            : ((string?)answer["message"])?.StartsWith("Request JSON payload is not correctly formatted (line", StringComparison.Ordinal) == true;
    }

    private static (HttpMethod Verb, string Path, string? Body, string Type) Request(string kind, Garbage garbage, Random random)
    {
        switch (kind)
        {
            case "filter":
                return Get($"/items?filter={Escape(garbage.Of(Filters, FilterTokens))}");
            case "order_by":
                return Get($"/items?orderBy={Escape(garbage.Of(["title, n desc", "at asc"], ["title", "n", "tags", "none", "desc", "asc", ",", " ", "."]))}");
            case "read_mask":
                return Get($"/items?readMask={Escape(garbage.Of(["title,n", "fields.title"], ["title", "fields.", "none", ",", "*", ".", "_", "A"]))}");
            case "page_token":
                return Get($"/items?pageToken={Escape(garbage.Of([Convert.ToBase64String(new byte[40]), "AAAA"], ["A", "_", "-", "=", "+", "/"]))}x");
            case "page_size":
                return Get($"/items?pageSize={Escape(garbage.Of(["50", "-1", "1001"], ["1", "-", "e", ".", "0x"]))}");
            case "export":
                return Get($":export?{(random.Next(2) == 0 ? "idField" : "filter")}={Escape(garbage.Of(Filters, FilterTokens))}&format={(random.Next(2) == 0 ? "csv" : Escape(garbage.Break("jsonl")))}");
            case "aggregate":
                var wanted = new JsonObject
                {
                    ["groupBy"] = new JsonArray(garbage.Of(["title", "n"], ["title", "none"])),
                    ["aggregations"] = new JsonArray(new JsonObject { ["function"] = random.Next(3) == 0 ? garbage.Break("SUM") : random.Next(7), ["field"] = random.Next(3) == 0 ? garbage.Break("n") : "n" }),
                };
                return Post("/items:aggregate", wanted.ToJsonString());
            case "csv":
                return (HttpMethod.Post, $":import?{Options(random)}", garbage.Of(Csv, ["title", "n", ",", "\n", "\r\n", "\"", "x", "1", ";"]), "text/csv");
            case "json":
                return (HttpMethod.Post, $":import?{Options(random)}", garbage.Of(Json, ["{", "}", "[", "]", "\"title\"", ":", ",", "1", "null", "\n", "\"\\ud800\""]), random.Next(2) == 0 ? "application/x-ndjson" : "application/json");
            case "item":
                return Post("/items", garbage.Of(["{\"fields\":{\"title\":\"x\",\"n\":1,\"tags\":[\"a\"],\"at\":\"2026-01-01T00:00:00Z\"}}"], ["{", "}", "\"fields\"", ":", "\"title\"", ",", "1", "[", "]", "null", "\"\\ud800\""]));
            default:
                return Post($"/items:batch{(random.Next(2) == 0 ? "Create" : "Update")}", garbage.Of(["{\"requests\":[{\"itemId\":\"a\",\"item\":{\"fields\":{\"n\":1}}}]}"], ["{", "}", "\"requests\"", ":", "\"item\"", ",", "1", "[", "]", "null"]));
        }
    }

    private static (HttpMethod, string, string?, string) Get(string path) => (HttpMethod.Get, path, null, "");

    private static (HttpMethod, string, string?, string) Post(string path, string body) => (HttpMethod.Post, path, body, "application/json");

    private static string Options(Random random) => $"skipInvalid={(random.Next(4) == 0 ? "true" : "false")}&idField={(random.Next(3) == 0 ? "id" : "")}";

    // A lone surrogate cannot be sent.
    private static string Escape(string text) => Uri.EscapeDataString(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset(
            [Field("title"), Field("n", Type.Integer), Field("r", Type.Number), Field("tags", Type.StringList), Field("on", Type.Boolean), Field("at", Type.Timestamp), Field("day", Type.Date)], Admins));
        await fixture.Caller().CreateAsync(id, Fields(("title", "a"), ("n", 3)));
        return id;
    }

    [GeneratedRegex(@"Npgsql|SELECT |\bitems\.d\d|   at |Exception|SQLSTATE|AiMesh\.|Newtonsoft|System\.")]
    private static partial Regex Internals();
}
