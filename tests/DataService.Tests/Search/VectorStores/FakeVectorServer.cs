using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>
/// A fake of a provider's store of vectors: keeps and finds vectors, exactly, and speaks the documented wire format through one of <see cref="FakePinecone"/>,
/// <see cref="FakeWeaviate"/> and <see cref="FakeMilvus"/>. What the documentation does not allow, it refuses.
/// </summary>
internal sealed class FakeVectorServer : IAsyncDisposable
{
    public const string Key = "a key for tests only";
    public const int Dimensions = 100;

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private int _searches;

    private FakeVectorServer(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    /// <summary>Answers 503 to everything.</summary>
    public bool IsDown { get; set; }

    /// <summary>Does what it is asked under this path, and answers 503 as if it had not.</summary>
    public string LosesAnswersTo { get; set; } = "";

    /// <summary>Finds everything, whatever the filter says.</summary>
    public bool IgnoresFilters { get; set; }

    public int Searches => Volatile.Read(ref _searches);

    /// <summary>By name of the space, then by id.</summary>
    public Dictionary<string, Dictionary<string, FakeVector>> Spaces { get; } = new(StringComparer.Ordinal);

    public static async Task<FakeVectorServer> StartAsync(Func<FakeVectorServer, FakeVectorRequest, JsonNode?> answer)
    {
        // Of its own: nothing of the settings of the service whose tests these are.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath(), EnvironmentName = "Test" });
        builder.Logging.ClearProviders();
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        builder.WebHost.UseUrls(address.ToString());
        var fake = new FakeVectorServer(builder.Build(), address);
        fake._app.Run(context => fake.HandleAsync(context, answer));
        await fake._app.StartAsync();
        return fake;
    }

    /// <summary>Takes vectors in, as every store does: with the right number of dimensions, and a direction.</summary>
    public void Put(string space, string id, JsonNode? values, JsonObject properties)
    {
        var vector = values!.AsArray().Select(static value => (float)value!).ToArray();
        if (vector.Length != Dimensions || TensorPrimitives.Norm<float>(vector) == 0) throw new RefusedException(400);
        Spaces[space][id] = new FakeVector(vector, (JsonObject)properties.DeepClone());
    }

    public IEnumerable<JsonObject> Near(string space, float[] vector, int count, Func<JsonObject, bool> accepts)
    {
        _searches++;
        return Spaces[space].Values.Where(one => IgnoresFilters || accepts(one.Properties)).OrderByDescending(one => TensorPrimitives.Dot<float>(one.Vector, vector)).Take(count).Select(one => (JsonObject)one.Properties.DeepClone());
    }

    public void Delete(string space, Func<JsonObject, bool> accepts, int limit = int.MaxValue)
    {
        foreach (var (id, _) in Spaces[space].Where(one => accepts(one.Value.Properties)).Take(limit).ToArray()) Spaces[space].Remove(id);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context, Func<FakeVectorServer, FakeVectorRequest, JsonNode?> answer)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var request = new FakeVectorRequest(context.Request.Method, context.Request.Path, context.Request.Headers, body.Length > 0 ? JsonNode.Parse(body) : null);
        var (status, json) = (503, (JsonNode?)null);
        if (!IsDown)
        {
            try
            {
                lock (_lock) (status, json) = (200, answer(this, request));
            }
            catch (RefusedException e)
            {
                status = e.Status;
            }
        }

        context.Response.StatusCode = request.Path == LosesAnswersTo ? 503 : status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json?.ToJsonString() ?? "{}");
    }
}

internal sealed record FakeVector(float[] Vector, JsonObject Properties);

internal sealed record FakeVectorRequest(string Method, string Path, IHeaderDictionary Headers, JsonNode? Body)
{
    public void DemandBearer()
    {
        if (Headers.Authorization != $"Bearer {FakeVectorServer.Key}") throw new RefusedException(401);
    }
}

/// <param name="status">What is answered.</param>
internal sealed class RefusedException(int status) : Exception
{
    public int Status => status;
}
