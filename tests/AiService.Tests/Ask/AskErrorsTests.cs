using System.Net;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Ask;

/// <summary>Questions that cannot be answered, over the wire, where they can also be no question at all.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class AskErrorsTests(AiFixture fixture)
{
    public static TheoryData<string, string> Bodies => new()
    {
        { "question", """{"question":"","datasets":["movies"]}""" },
        { "datasets", """{"question":"Who?","datasets":[]}""" },
        { "question", """{"question":7,"datasets":["movies"]}""" },
        { "questoin", """{"questoin":"Who?","question":"Who?","datasets":["movies"]}""" },
        { "maxOutputTokens", """{"question":"Who?","datasets":["movies"],"maxOutputTokens":"many"}""" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Json_ThatIsWrong_NamesTheField(string field, string body)
    {
        var (status, error) = await fixture.Service.AskAsync(fixture.Token(), body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(field, error.Fields());
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Events_OfARequestThatIsWrong_AreNoneButAProblemThatNamesTheField(string field, string body)
    {
        using var request = ServiceRequests.Question(fixture.Token(), body, "text/event-stream");
        using var response = await fixture.Service.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = System.Text.Json.JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(field, problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString()));
    }

    [Theory]
    [InlineData("nobody/nothing", StatusCode.NotFound, "There is no model 'nobody/nothing'.")]
    [InlineData("openai/nothing", StatusCode.NotFound, "There is no model 'openai/nothing'.")]
    public async Task Model_ThatIsNotThere_IsNamed(string model, StatusCode code, string detail)
    {
        var request = new AskRequest { Question = "Who?", Datasets = { "movies" }, Model = model };

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Assistant.AskAsync(request, fixture.Caller()));

        Assert.Equal((code, detail), (exception.StatusCode, exception.Status.Detail));
    }

    [Fact]
    public async Task Filter_ThatTheDataServiceRefuses_IsNamedWithItsDataset()
    {
        var request = new AskRequest { Question = "Who?", Datasets = { "movies" }, Filters = { ["movies"] = "!" } };

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Assistant.AskAsync(request, fixture.Caller()));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal(["filters[movies]"], exception.Fields());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task Caller_WithoutToken_IsNotAnswered(string accept)
    {
        using var request = ServiceRequests.Question("", new { question = "Who?", datasets = new[] { "movies" } }, accept);
        request.Headers.Authorization = null;
        using var response = await fixture.Service.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task Caller_WithoutPermission_IsNotAnswered(string accept)
    {
        using var request = ServiceRequests.Question(fixture.Token(permissions: "ai:chat"), new { question = "Who?", datasets = new[] { "movies" } }, accept);
        using var response = await fixture.Service.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }
}
