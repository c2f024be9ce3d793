using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using AiMesh.Gateway.Caching;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Tests.Caching;

/// <summary>What is kept of an answer, and what of it a caller gets, whatever DataService sends.</summary>
public sealed class CacheTransformsTests
{
    private const string Path = "/api/data/datasets/movies/items";

    private static readonly Principal Alice = new() { Kind = PrincipalKind.User, Subject = "alice", Organisation = "demo", TokenId = "t", Roles = ["viewer"] };

    private static readonly ServiceProvider Services =
        new ServiceCollection().AddSingleton(new AccessPolicies(TimeProvider.System, NullLogger<AccessPolicies>.Instance)).BuildServiceProvider();

    private readonly AnswerStore _store;
    private readonly CacheTransforms _transforms;

    public CacheTransformsTests()
    {
        var options = Options.Create(new CacheOptions { MaxAnswerBytes = 1024 });
        _store = new AnswerStore(options);
        _store.Open();
        _transforms = new CacheTransforms(_store, options);
    }

    [Fact]
    public async Task Answer_WithALabel_IsKept_WithItsHeaders_AndWithoutTheLabel()
    {
        var context = Request();
        await TakeAsync(context, Answer("body", "label"));

        Assert.Equal("label", Assert.Single(Kept(context)).Label);
        Assert.Equal("body", Body(context));
        Assert.Equal(("\"tag\"", "no-cache, private"), (context.Response.Headers.ETag.ToString(), context.Response.Headers.CacheControl.ToString()));
        Assert.False(context.Response.Headers.ContainsKey("X-AiMesh-Answer"));
    }

    public static TheoryData<string> NotForKeeping => [.. Reasons.Keys];

    private static readonly Dictionary<string, Action<HttpResponseMessage>> Reasons = new()
    {
        ["no label"] = static answer => answer.Headers.Remove("X-AiMesh-Answer"),
        ["no entity tag"] = static answer => answer.Headers.ETag = null,
        ["no-store"] = static answer => answer.Headers.CacheControl = new CacheControlHeaderValue { NoStore = true, Private = true },
        ["compressed"] = static answer => answer.Content.Headers.ContentEncoding.Add("gzip"),
        ["too large"] = static answer => answer.Content = new ByteArrayContent(new byte[1025]),
        ["of unknown length"] = static answer => answer.Content = new StreamContent(new Unseekable([1, 2, 3])),
        ["an error"] = static answer => answer.StatusCode = HttpStatusCode.NotFound,
        ["a part"] = static answer => answer.StatusCode = HttpStatusCode.PartialContent,
    };

    [Theory]
    [MemberData(nameof(NotForKeeping))]
    public async Task Answer_ThatIsNotForKeeping_GoesToItsCallerAlone(string reason)
    {
        var context = Request();
        var answer = Answer("body", "label");
        Reasons[reason](answer);
        var transform = await TakeAsync(context, answer);

        Assert.Empty(Kept(context));
        Assert.False(transform.SuppressResponseBody);
    }

    [Fact]
    public async Task Confirmation_IsOfTheAnswerWithThatLabelAlone()
    {
        CachedAnswer[] offered = [.. new[] { "one", "two" }.Select(static text => new CachedAnswer($"label {text}", Encoding.UTF8.GetBytes(text), "application/json", $"\"{text}\"", "private"))];
        var context = Request(offered: offered);
        await TakeAsync(context, Confirmed("label two"));
        Assert.Equal((200, "two", "\"two\""), (context.Response.StatusCode, Body(context), context.Response.Headers.ETag.ToString()));
        Assert.Equal("private", context.Response.Headers.CacheControl);

        var other = Request(offered: offered);
        await Assert.ThrowsAsync<InvalidOperationException>(() => TakeAsync(other, Confirmed("label three")));
        Assert.Equal("", Body(other));
    }

    [Fact]
    public async Task Offer_NamesWhatIsKept_AndAsksForTheAnswerWhateverTheCallerHas()
    {
        var context = Request(offered: [new CachedAnswer("a", [], "", "", ""), new CachedAnswer("b", [], "", "", "")]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://data/");
        request.Headers.TryAddWithoutValidation("If-None-Match", "\"tag\"");
        await CacheTransforms.Offer(new RequestTransformContext { HttpContext = context, ProxyRequest = request });

        Assert.Equal("a,b", request.Headers.GetValues("X-AiMesh-Answers").Single());
        Assert.Empty(request.Headers.IfNoneMatch);
    }

    [Theory]
    [InlineData("PATCH", 0)]
    [InlineData("DELETE", 0)]
    [InlineData("POST", 0)]
    [InlineData("GET", 1)]
    public async Task Write_IsForgottenBeforeItsCallerHears_AlsoWhereNoAnswerCame(string method, int left)
    {
        await TakeAsync(Request(), Answer("body", "label"));
        var write = Request(method, $"{Path}/a");
        await _transforms.ForgetAsync(new ResponseTransformContext { HttpContext = write, ProxyResponse = null });
        Assert.Equal(left, _store.Count);
    }

    private static HttpResponseMessage Answer(string body, string label) => new(HttpStatusCode.OK)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
        Headers = { { "X-AiMesh-Answer", label }, { "ETag", "\"tag\"" }, { "Cache-Control", "private, no-cache" } },
    };

    private static HttpResponseMessage Confirmed(string label) => new(HttpStatusCode.NotModified) { Headers = { { "X-AiMesh-Answer", label } } };

    private static DefaultHttpContext Request(string method = "GET", string path = Path, CachedAnswer[]? offered = null)
    {
        var context = new DefaultHttpContext { User = new ClaimsPrincipal(new MeshIdentity(Alice, "test")), RequestServices = Services };
        (context.Request.Method, context.Request.Path, context.Response.Body) = (method, path, new MemoryStream());
        context.Features.Set(new CacheVisit(CacheKey.Of(context.Request, Alice)!, offered ?? [], Writes: 0));
        return context;
    }

    private CachedAnswer[] Kept(HttpContext context) => _store.Find(CacheKey.Of(context.Request, Alice)!).Answers;

    private static string Body(HttpContext context) => Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());

    private async Task<ResponseTransformContext> TakeAsync(HttpContext context, HttpResponseMessage answer)
    {
        using (answer)
        {
            // As the proxy does before.
            foreach (var (name, values) in answer.Headers) context.Response.Headers[name] = values.ToArray();
            var transform = new ResponseTransformContext { HttpContext = context, ProxyResponse = answer };
            await _transforms.TakeAsync(transform);
            return transform;
        }
    }

    /// <summary>A body that comes in chunks.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
