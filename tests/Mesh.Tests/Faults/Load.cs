using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace AiMesh.Mesh.Tests.Faults;

/// <summary>
/// A steady load on everything at once: reads, writes, sign-ins, readings, questions; and people with credentials that count for nothing, who try
/// to get in all the time.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    public const string Dataset = "faults";
    public const string Device = "faults-meter";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    /// <summary>A password costs tens of milliseconds of a core on purpose: more of these than the cores can bear would be a fault of their own.</summary>
    private static readonly TimeSpan SignInInterval = TimeSpan.FromMilliseconds(750);
    private static readonly string[] Users = ["viewer", "member", "admin"];
    private static long _number;
    private int _signIns;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<Sample> _samples = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly HttpClient _member;
    private readonly HttpClient _anonymous;
    private readonly List<HttpClient> _strangers;
    private readonly List<Task> _workers = [];

    private Load(HttpClient member, HttpClient anonymous, List<HttpClient> strangers) => (_member, _anonymous, _strangers) = (member, anonymous, strangers);

    /// <summary>Numbers of the items and readings whose storing was acknowledged.</summary>
    public ConcurrentBag<long> Written { get; } = [];

    public ConcurrentBag<long> Ingested { get; } = [];

    public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    /// <summary>What is to be good again after a fault.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["read", "write", "sign in", "verify", "ingest", "ask"];

    public IReadOnlyList<Sample> Samples => [.. _samples];

    /// <param name="mesh">Where.</param>
    /// <param name="token">Of an administrator.</param>
    /// <param name="deadTokens">Tokens that must never get anything.</param>
    public static Load Start(FaultMesh mesh, string token, IEnumerable<string> deadTokens)
    {
        var load = new Load(mesh.Client(token), mesh.Client(null), [.. deadTokens.Select(mesh.Client)]);
        load.Pace("read", () => load._member.FetchAsync($"/api/data/datasets/{Dataset}/items?pageSize=1"));
        load.Pace("write", load.WriteAsync);
        load.Pace("sign in", () => load._anonymous.PostAsync("/api/auth/login", FaultMesh.LoginBody(Users[Interlocked.Increment(ref load._signIns) % Users.Length])), SignInInterval);
        load.Pace("verify", () => load._member.FetchAsync("/api/auth/verify"));
        load.Pace("ingest", load.IngestAsync);
        load.Pace("ask", () => load._member.PostAsync("/api/ai/ask", $$"""{"question":"How many items are there?","datasets":["{{Dataset}}"],"filters":{"{{Dataset}}":"number = 0"} }"""));
        foreach (var stranger in load._strangers)
        {
            foreach (var path in new[] { $"/api/data/datasets/{Dataset}/items?pageSize=1", "/api/ai/usage", "/api/iot/devices", "/api/auth/verify" })
                load.Repeat("intrude", () => stranger.FetchAsync(path));
        }

        return load;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_workers);
        foreach (var client in _strangers.Append(_member).Append(_anonymous))
            client.Dispose();
        _stopping.Dispose();
    }

    private async Task<Answer> WriteAsync()
    {
        var number = Interlocked.Increment(ref _number);
        var answer = await _member.PostAsync($"/api/data/datasets/{Dataset}/items", $$$"""{"fields":{"number":{{{number}}}}}""");
        if (answer.Status == HttpStatusCode.OK)
            Written.Add(number);
        return answer;
    }

    private async Task<Answer> IngestAsync()
    {
        var number = Interlocked.Increment(ref _number);
        var answer = await _member.PostAsync("/api/iot/ingest", string.Create(CultureInfo.InvariantCulture, $$"""{"deviceId":"{{Device}}","readings":[{"metric":"count","value":{{number}} }]}"""));
        if (answer.Status == HttpStatusCode.OK)
            Ingested.Add(number);
        return answer;
    }

    /// <summary>One after the other, without an end.</summary>
    private void Repeat(string work, Func<Task<Answer>> call) => _workers.Add(Task.Run(async () =>
    {
        while (!_stopping.IsCancellationRequested)
        {
            await CallAsync(work, call);
            await Task.Delay(Pause);
        }
    }));

    /// <summary>At a steady pace, whether those before were answered or not: users do not wait for each other either.</summary>
    private void Pace(string work, Func<Task<Answer>> call, TimeSpan? interval = null) => _workers.Add(Task.Run(async () =>
    {
        using var timer = new PeriodicTimer(interval ?? Interval);
        var calls = new List<Task>();
        while (!_stopping.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            calls.RemoveAll(static call => call.IsCompletedSuccessfully);
            calls.Add(CallAsync(work, call));
        }

        await Task.WhenAll(calls);
    }));

    private async Task CallAsync(string work, Func<Task<Answer>> call)
    {
        var sent = Now;
        HttpStatusCode? status = null;
        string? problem;
        try
        {
            var answer = await call();
            (status, problem) = (answer.Status, ProblemOf(work, answer));
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            problem = $"no answer: {exception.Message} {exception.GetBaseException().Message}";
        }

        _samples.Enqueue(new Sample(work, sent, Now - sent, status, problem));
    }

    private static string? ProblemOf(string work, Answer answer)
    {
        if (work == "intrude" && (int)answer.Status is >= 200 and < 300)
            return $"a dead token was let in: {answer.Text}";
        if (answer.Status == HttpStatusCode.OK)
            return null;
        if (answer.MediaType != "application/problem+json" || answer.Json?["status"]?.GetValue<int>() != (int)answer.Status)
            return $"{(int)answer.Status} is no problem details: {answer.MediaType} {answer.Text}";
        var allowed = work == "intrude" && answer.Status == HttpStatusCode.Unauthorized
            || answer.Status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return allowed ? null : $"{(int)answer.Status} is no answer to an outage: {answer.Text}";
    }
}
