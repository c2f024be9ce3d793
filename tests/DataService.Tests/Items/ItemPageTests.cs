using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.Data.V1;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Field = AiMesh.Data.V1.Field;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Items;

/// <summary>
/// Lists and single items are written straight as JSON. What they have to look like, byte for byte, is what transcoding makes of the same items as messages:
/// BatchGetItems answers that way.
/// </summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class ItemPageTests(DataFixture fixture)
{
    private static readonly string[] Texts =
    [
        "plain", "", " ", "\"quoted\" \\ /slash/", "tab\tline\r\nfeed\f\b", "\u0001\u001F\u007F\u0080", "é ü 中文 עברית", "e\u0301", "😀 \U0010FFFF", "\u2028\u2029\uFEFF", "\uE000\uFFFD\uFFFE",
        "<script>&'+`", "\\u0041", "{\"a\":1}", new string('x', 5000), $"{new string('ä', 300)}\"",
    ];

    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "-0.0", "7.5", "7.50", "0.1", "0.01", "0.00001", "0.000001", "1e-7", "1e15", "1e16", "123456789012345", "1234567890123456", "12345678901234567890", "99999999999999.9",
        "0.1234567890123", "100.0", "1e20", "1.7976931348623157e308", "5e-324", "-12.25", "3.141592653589793", "0.30000000000000004", "1e2",
    ];

    private static readonly string[] Integers = ["0", "-1", "42", "999999999999999", "1000000000000000", "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808"];

    private static readonly string[] Times = ["2026-11-21T00:00:00Z", "2026-11-21T12:30:00.5Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-11-21T01:00:00.000100+01:00"];

    [Theory]
    [InlineData("admin", "", "")]
    [InlineData("viewer", "", "")]
    [InlineData("member", "", "")]
    [InlineData("admin", "text,amount", "")]
    [InlineData("viewer", "fields.lines,count", "amount desc")]
    [InlineData("viewer", "", "text desc, at")]
    public async Task Page_IsWhatTranscodingWouldWrite(string role, string mask, string orderBy)
    {
        var dataset = await FillAsync();
        var (seen, token) = (0, "");
        do
        {
            var page = await BodyAsync(role, $"/api/data/datasets/{dataset}/items?pageSize=13&readMask={mask}&orderBy={Uri.EscapeDataString(orderBy)}&pageToken={token}");
            var ids = JsonNode.Parse(page)!["items"]!.AsArray().Select(item => ((string)item!["name"]!).Split('/')[^1]).ToArray();
            var batch = await BodyAsync(role, $"/api/data/datasets/{dataset}/items:batchGet?readMask={mask}&{string.Join('&', ids.Select(id => $"items={id}"))}");
            token = (string)JsonNode.Parse(page)!["nextPageToken"]!;
            Assert.Equal($"{batch[..^1]},\"nextPageToken\":{JsonSerializer.Serialize(token)}}}", page);
            Assert.Equal((await fixture.Caller(role).ListAsync(dataset, "", orderBy, ids.Length)).Items.Count, ids.Length);
            seen += ids.Length;
        }
        while (token.Length > 0);
        Assert.Equal(Numbers.Length, seen);
    }

    [Theory]
    [InlineData("admin", "")]
    [InlineData("viewer", "")]
    [InlineData("member", "text")]
    public async Task Item_IsWhatTranscodingWouldWrite(string role, string mask)
    {
        var dataset = await FillAsync();
        for (var i = 0; i < Numbers.Length; i += 5)
        {
            var item = await BodyAsync(role, $"/api/data/datasets/{dataset}/items/i{i:D2}?readMask={mask}");
            Assert.Equal($"{{\"items\":[{item}]}}", await BodyAsync(role, $"/api/data/datasets/{dataset}/items:batchGet?readMask={mask}&items=i{i:D2}"));
        }
    }

    [Fact]
    public async Task EmptyPage_IsWhatTranscodingWouldWrite()
    {
        var dataset = await FillAsync();
        Assert.Equal("""{"items":[],"nextPageToken":""}""", await BodyAsync("admin", $"/api/data/datasets/{dataset}/items?filter=text%20%3D%20%22none%22"));
    }

    // Fields of every type, one that the viewer does not see, and one that they see masked.
    private async Task<string> FillAsync()
    {
        var id = DataFixture.NewId();
        var masked = Field("mail", visibleTo: "admin");
        masked.Views.Add(new FieldView { Roles = { "viewer" }, Mask = Field.Types.Mask.Partial });
        await fixture.Caller().DefineAsync(id, Dataset(
            [
                Field("text"), Field("amount", Type.Number), Field("count", Type.Integer), Field("flag", Type.Boolean), Field("at", Type.Timestamp), Field("day", Type.Date),
                Field("lines", Type.StringList), Field("secret", visibleTo: "admin"), masked,
            ],
            Admins, Rule("viewer", "", Action.Read), Rule("member", "", Action.Read)));
        var lines = Numbers.Select((number, i) =>
        {
            var item = new StringBuilder($"{{\"id\":\"i{i:D2}\",\"amount\":{number}");
            if (i % 7 != 6) item.Append($",\"text\":{JsonSerializer.Serialize(Texts[i % Texts.Length])}");
            if (i % 5 != 4) item.Append($",\"count\":{(Integers[i % Integers.Length].Length > 15 ? $"\"{Integers[i % Integers.Length]}\"" : Integers[i % Integers.Length])}");
            if (i % 3 != 2) item.Append($",\"flag\":{(i % 2 == 0 ? "true" : "false")},\"at\":\"{Times[i % Times.Length]}\",\"day\":null");
            else item.Append(",\"day\":\"2026-11-21\"");
            return item.Append($",\"lines\":{JsonSerializer.Serialize(Texts.Take(i % 4).Concat([Texts[i % Texts.Length]]))},\"secret\":\"s\",\"mail\":\"{i}@example.org\"}}").ToString();
        });
        var (status, answer) = await fixture.Caller().SendAsync(HttpMethod.Post, $"/api/data/datasets/{id}:import?idField=id", string.Join('\n', lines), "application/x-ndjson");
        Assert.True(status == 200, answer);
        return id;
    }

    private async Task<string> BodyAsync(string role, string path)
    {
        using var client = new HttpClient { BaseAddress = fixture.Service.HttpAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", fixture.Authority.Token(role, "demo", [role], ["data:read:*"]));
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal(("application/json; charset=utf-8", bytes.Length), (answer.Content.Headers.ContentType?.ToString(), (int?)answer.Content.Headers.ContentLength));
        return text;
    }
}
