using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Paths, bodies and query parameters of JSON transcoding.</summary>
public sealed class TranscodingBindingTests : IAsyncLifetime
{
    private GrpcServer _server = null!;

    public async Task InitializeAsync() => _server = await GrpcServer.StartAsync(
        app => app.MapGrpcService<LibraryService>(),
        grpc: builder => builder.AddJsonTranscoding(options => options.JsonSettings.IgnoreDefaultValues = true));

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v1/shelves/1/books/2", "shelves/1/books/2")]
    [InlineData("GET", "/v1/books/moby%20dick", "moby dick")]
    [InlineData("GET", "/v1/files/a", "a")]
    [InlineData("GET", "/v1/files/a/b/c.txt", "a/b/c.txt")]
    [InlineData("GET", "/v1/any/thing/of/x", "x")]
    [InlineData("POST", "/v1/shelves/1/books/2:archive", "shelves/1/books/2")]
    [InlineData("POST", "/v1/archive/a/b:now", "a/b")]
    [InlineData("PROBE", "/v1/probe/x", "x")]
    public async Task Path_OfEveryForm_BindsItsVariable(string method, string path, string expected)
    {
        var book = await SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(expected, book.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("GET", "/v1/shelves/1/books/2/pages", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1/shelves/1", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1/archive/a/b", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1/books/x", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/v1/talk", HttpStatusCode.NotFound)]
    public async Task Path_ThatNoBindingHas_IsNotServed(string method, string path, HttpStatusCode expected)
    {
        using var response = await _server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Body_OfOneField_LeavesTheOthersToPathAndQuery()
    {
        using var response = await _server.Http.PostAsync("/v1/shelves/1/books?request_id=77&book.title=query", Json("""{"title":"body","author":{"fullName":"A"}}"""));
        var book = await ReadAsync(response);

        Assert.Equal("shelves/1/books/77", book.GetProperty("name").GetString());
        Assert.Equal("body", book.GetProperty("title").GetString());
        Assert.Equal("A", book.GetProperty("author").GetProperty("fullName").GetString());
    }

    [Fact]
    public async Task Body_OfNull_LeavesTheFieldUnset()
    {
        using var response = await _server.Http.PostAsync("/v1/shelves/1/books", Json("null"));

        Assert.Equal("no book", (await ReadAsync(response)).GetProperty("title").GetString());
    }

    [Fact]
    public async Task Body_WithAFieldThatThePathHolds_GivesWayToThePath()
    {
        using var response = await _server.Http.PutAsync("/v1/shelves/1/books/2", Json("""{"name":"shelves/9/books/9","title":"t"}"""));

        Assert.Equal("shelves/1/books/2", (await ReadAsync(response)).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Path_WithANestedVariable_SetsItInTheBodysField()
    {
        using var response = await _server.Http.PatchAsync("/v1/shelves/1/books/2?update_mask=title,author.full_name", Json("""{"title":"t"}"""));
        var book = await ReadAsync(response);

        Assert.Equal("shelves/1/books/2", book.GetProperty("name").GetString());
        Assert.Equal("t", book.GetProperty("title").GetString());
        Assert.Equal(["title", "author.full_name"], book.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
    }

    [Fact]
    public async Task Body_OfTheWholeMessage_IgnoresTheQuery()
    {
        using var response = await _server.Http.PostAsync("/v1/shelves/1/books:import?parent=shelves/9&books.title=x", Json("""{"books":[{"title":"a"},{"title":"b"}]}"""));
        var answer = await ReadAsync(response);

        Assert.Equal("shelves/1", answer.GetProperty("nextPageToken").GetString());
        Assert.Equal(2, answer.GetProperty("books").GetArrayLength());
    }

    [Fact]
    public async Task Body_OfARepeatedField_IsAnArray()
    {
        using var response = await _server.Http.PostAsync("/v1/tags/n", Json("""["a","b"]"""));

        Assert.Equal("""{"name":"n","tags":["a","b"]}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ResponseBody_OfOneField_IsThatFieldAlone() =>
        Assert.Equal("""[{"title":"a"},{"title":"b"}]""", await _server.Http.GetStringAsync("/v1/titles"));

    [Theory]
    [InlineData("page_size=5", """{"parent":"shelves/1","pageSize":5}""")]
    [InlineData("pageSize=5&pageToken=a%26b", """{"parent":"shelves/1","pageSize":5,"pageToken":"a&b"}""")]
    [InlineData("genre=GENRE_POETRY", """{"parent":"shelves/1","genre":"GENRE_POETRY"}""")]
    [InlineData("genre=2", """{"parent":"shelves/1","genre":"GENRE_POETRY"}""")]
    [InlineData("tags=a&tags=b", """{"parent":"shelves/1","tags":["a","b"]}""")]
    [InlineData("genres=1&genres=GENRE_POETRY", """{"parent":"shelves/1","genres":["GENRE_NOVEL","GENRE_POETRY"]}""")]
    [InlineData("author.full_name=A&author.born=1900", """{"parent":"shelves/1","author":{"fullName":"A","born":1900}}""")]
    [InlineData("nested.nested.pageSize=3", """{"parent":"shelves/1","nested":{"nested":{"pageSize":3}}}""")]
    [InlineData("since=2024-02-29T12:00:00.5Z", """{"parent":"shelves/1","since":"2024-02-29T12:00:00.500Z"}""")]
    [InlineData("maxAge=-1.5s", """{"parent":"shelves/1","maxAge":"-1.500s"}""")]
    [InlineData("read_mask=title,author.full_name", """{"parent":"shelves/1","readMask":"title,author.fullName"}""")]
    [InlineData("minPages=0&available=False", """{"parent":"shelves/1","minPages":0,"available":false}""")]
    [InlineData("price=1.25e2&recursive=true", """{"parent":"shelves/1","price":125,"recursive":true}""")]
    [InlineData("token=-_8", """{"parent":"shelves/1","token":"+/8="}""")]
    [InlineData("limit=0", """{"parent":"shelves/1","limit":0}""")]
    [InlineData("no_such_field=1&author.nor=2&parent.x=3", """{"parent":"shelves/1"}""")]
    [InlineData("parent=shelves/9", """{"parent":"shelves/1"}""")]
    public async Task Query_OfEveryKind_BindsItsField(string query, string expected)
    {
        var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v1/shelves/1/books?" + query));

        Assert.Equal(expected, answer.GetProperty("request").GetRawText());
    }

    [Theory]
    [InlineData("pageSize=abc", "pageSize", "the value is not a 32-bit integer")]
    [InlineData("page_size=", "page_size", "the value is not a 32-bit integer")]
    [InlineData("pageSize=1&pageSize=2", "pageSize", "the field takes one value and was given several")]
    [InlineData("genre=GENRE_PROSE", "genre", "the value is not a value of test.library.Genre")]
    [InlineData("genre=9", "genre", "the value is not a value of test.library.Genre")]
    [InlineData("recursive=1", "recursive", "the value is not true or false")]
    [InlineData("since=yesterday", "since", "the value is not a timestamp such as \"2030-01-31T12:00:00Z\"")]
    [InlineData("maxAge=5", "maxAge", "the value is not a duration such as \"1.5s\"")]
    [InlineData("author=x", "author", "a test.library.Author can only stand in the body")]
    [InlineData("labels=x", "labels", "a map can only stand in the body")]
    [InlineData("limit=-1", "limit", "the value is not an unsigned 32-bit integer")]
    [InlineData("token=!", "token", "the value is not a base64 string")]
    [InlineData("author.born=9223372036854775808", "author.born", "the value is not a 64-bit integer")]
    public async Task Query_OfAWrongValue_NamesTheParameter(string query, string field, string problem)
    {
        using var response = await _server.Http.GetAsync("/v1/shelves/1/books?" + query);

        await AssertInvalidAsync(response, field, problem);
    }

    [Theory]
    [InlineData("""{"titel":"x"}""", "titel", "test.library.Book has no such field")]
    [InlineData("""{"author":{"born":"x"}}""", "author.born", "x is not a 64-bit integer")]
    [InlineData("""{"author":[]}""", "author", "expected an object, got an array")]
    [InlineData("""{"tags":["a",1]}""", "tags[1]", "expected a string, got a number")]
    [InlineData("""{"title":"a","title":"b"}""", "title", "the field stands more than once")]
    [InlineData("""{"published":"2024-13-01T00:00:00Z"}""", "published", "the string is not a timestamp such as \"2030-01-31T12:00:00Z\"")]
    [InlineData("[]", "book", "expected an object, got an array")]
    public async Task Body_OfAWrongValue_NamesTheField(string json, string field, string problem)
    {
        using var response = await _server.Http.PostAsync("/v1/shelves/1/books", Json(json));

        var expected = field == "book" ? field : "book." + field;
        await AssertInvalidAsync(response, expected, problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"title":"a"} x""")]
    [InlineData("""{"title":"a",}""")]
    [InlineData("""{'title':'a'}""")]
    public async Task Body_ThatIsNotJson_IsAnInvalidArgument(string json)
    {
        using var response = await _server.Http.PutAsync("/v1/shelves/1/books/2", Json(json));
        var error = await ReadErrorAsync(response, HttpStatusCode.BadRequest);

        Assert.StartsWith("Request JSON payload is not correctly formatted (line 1, byte", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_NestedTooDeep_IsAnInvalidArgument()
    {
        var json = string.Concat(Enumerable.Repeat("""{"nested":""", 100)) + "{}" + new string('}', 100);
        using var response = await _server.Http.PutAsync("/v1/shelves/1/books/2", Json(json));

        await ReadErrorAsync(response, HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Body_OfAnotherContentType_IsAnInvalidArgument(string? contentType)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        using var response = await _server.Http.PutAsync("/v1/shelves/1/books/2", content);
        var error = await ReadErrorAsync(response, HttpStatusCode.BadRequest);

        Assert.Contains("is not a known JSON content type", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-16", "utf-16")]
    [InlineData("application/merge-patch+json", "utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"", "utf-8")]
    public async Task Body_OfOtherJsonContentTypes_IsRead(string contentType, string encoding)
    {
        using var content = new ByteArrayContent(Encoding.GetEncoding(encoding).GetBytes("""{"title":"ü"}"""));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var response = await _server.Http.PutAsync("/v1/shelves/1/books/2", content);

        Assert.Equal("ü", (await ReadAsync(response)).GetProperty("title").GetString());
    }

    [Fact]
    public async Task Body_WithAByteOrderMark_IsRead()
    {
        using var content = new ByteArrayContent([0xEF, 0xBB, 0xBF, .. "{}"u8]);
        content.Headers.ContentType = new("application/json");
        using var response = await _server.Http.PutAsync("/v1/shelves/1/books/2", content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task HttpBody_InTheRequest_TakesTheBodyAsItIs()
    {
        using var content = new StringContent("not json", Encoding.UTF8, "text/markdown");
        using var response = await _server.Http.PostAsync("/v1/upload/n", content);
        var book = await ReadAsync(response);

        Assert.Equal("text/markdown; charset=utf-8", book.GetProperty("title").GetString());
        Assert.Equal(8, book.GetProperty("pages").GetInt64());
    }

    [Fact]
    public async Task HttpBody_InTheResponse_IsTheBodyAsItIs()
    {
        using var response = await _server.Http.GetAsync("/v1/download/n");

        Assert.Equal("text/csv", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("a,b\n1,2\n", await response.Content.ReadAsStringAsync());
        using var parts = await _server.Http.GetAsync("/v1/parts/n");
        Assert.Equal("text/plain", parts.Content.Headers.ContentType?.ToString());
        Assert.Equal("one,two", await parts.Content.ReadAsStringAsync());
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<JsonElement> ReadErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task AssertInvalidAsync(HttpResponseMessage response, string field, string problem)
    {
        var error = await ReadErrorAsync(response, HttpStatusCode.BadRequest);

        Assert.Equal(3, error.GetProperty("code").GetInt32());
        Assert.Equal($"Invalid value for '{field}': {problem}.", error.GetProperty("message").GetString());
        var detail = Assert.Single(error.GetProperty("details").EnumerateArray());
        Assert.Equal("type.googleapis.com/google.rpc.BadRequest", detail.GetProperty("@type").GetString());
        var violation = Assert.Single(detail.GetProperty("fieldViolations").EnumerateArray());
        Assert.Equal(field, violation.GetProperty("field").GetString());
        Assert.Equal(problem, violation.GetProperty("description").GetString());
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request)
    {
        using var response = await _server.Http.SendAsync(request);
        return await ReadAsync(response);
    }
}
