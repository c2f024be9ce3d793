using AiMesh.Testing;
using Xunit.Abstractions;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>
/// What a role may not see behaves exactly like what does not exist (D4). Two services over two databases that differ only in what a role does not
/// see are asked the same, and must answer the same, byte by byte. In full with AIMESH_FULL=1.
/// </summary>
[Trait("Level", "Server")]
public sealed class NonInterferenceTests(ITestOutputHelper output)
{
    private const int RequestsInARound = 130;

    // Each role in each round has an organisation of its own, so that there is always something left to see.
    private static readonly int Rounds = Environment.GetEnvironmentVariable("AIMESH_FULL") == "1" ? 20 : 1;

    [Fact]
    public async Task NoAnswer_DependsOnWhatItsCallerMayNotSee()
    {
        var run = await RunAsync(Scene.Roles, Rounds, leak: "");
        foreach (var (kind, statuses) in run.Outcomes.OrderBy(o => o.Key)) output.WriteLine($"{kind}: {string.Join(", ", statuses.OrderByDescending(s => s.Value).Select(s => $"{s.Key} {s.Value}"))}");
        Assert.Equal("", string.Join("\n\n", run.Faults.Concat(run.Differences).Take(5)));

        // A corpus that is refused throughout would show nothing.
        foreach (var (kind, statuses) in run.Outcomes.Where(o => o.Key != "raw")) Assert.True(statuses.ContainsKey("200") || statuses.ContainsKey("OK"), $"No request of the kind {kind} succeeded.");
        Assert.True(run.Outcomes.Values.Sum(s => s.Where(o => o.Key is "200" or "OK").Sum(o => o.Value)) > run.Requests / 4);
    }

    /// <summary>The test can fail: a guard that is left out in the definition of both worlds is found.</summary>
    [Theory]
    [InlineData("field")]
    [InlineData("row")]
    public async Task ALeak_IsFound(string leak)
    {
        var run = await RunAsync(["clerk"], 1, leak);
        Assert.Empty(run.Faults);
        Assert.NotEmpty(run.Differences);
    }

    private static async Task<Run> RunAsync(string[] roles, int rounds, string leak)
    {
        await using var authority = await TestAuthority.StartAsync();
        var clock = new WorldClock();
        await using var first = await World.CreateAsync(authority, clock, seed: 1001);
        await using var second = await World.CreateAsync(authority, clock, seed: 2002);
        World[] worlds = [first, second];
        var run = new Run();
        for (var i = 0; i < roles.Length * rounds; i++) await run.AddAsync(worlds, clock, roles[i % roles.Length], round: i, leak);
        return run;
    }

    private sealed class Run
    {
        public Dictionary<string, Dictionary<string, int>> Outcomes { get; } = [];

        public List<string> Differences { get; } = [];

        public List<string> Faults { get; } = [];

        public int Requests { get; private set; }

        public async Task AddAsync(World[] worlds, WorldClock clock, string role, int round, string leak)
        {
            var organisation = $"org-{round}";

            // One after the other: the clock is moved on with each row, and must show the same in each world.
            foreach (var world in worlds)
            {
                clock.Reset(round);
                await world.FurnishAsync(role, organisation, leak);
            }

            var corpus = new Corpus(round);
            var clients = worlds.Select(world => new HttpClient { BaseAddress = world.Service.HttpAddress }).ToArray();
            var token = worlds[0].Token(role, organisation);
            for (var i = 0; i < RequestsInARound; i++)
            {
                clock.Advance();
                if (i % 5 == 0) await Task.WhenAll(worlds.Select(world => world.StirAsync(role, organisation)));
                var request = corpus.Next();
                var answers = await Task.WhenAll(worlds.Select((world, w) => Transcript.OfAsync(request, world, clients[w], token)));
                Requests++;
                var statuses = Outcomes.TryGetValue(request.Kind, out var known) ? known : Outcomes[request.Kind] = [];
                statuses[answers[0].Status] = statuses.GetValueOrDefault(answers[0].Status) + 1;
                if (answers[0].Fault is { } fault) Faults.Add($"{role}, round {round}, request {i} {Short(request)} {fault}: {Short(answers[0].Readable)}");
                if (answers[0].Text != answers[1].Text) Differences.Add($"{role}, round {round}, request {i} {Short(request)}\n  one world: {Short(answers[0].Readable)}\n  the other: {Short(answers[1].Readable)}");

                // Once apart, the worlds stay apart.
                if (Differences.Count > 2) break;
                corpus.Learn(request, answers[0]);
            }

            foreach (var client in clients) client.Dispose();
        }

        private static string Short(object value) => value.ToString() is { Length: > 900 } text ? text[..900] + "…" : value.ToString()!;
    }
}
