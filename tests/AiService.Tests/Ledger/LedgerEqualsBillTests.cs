using System.Globalization;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Ledger;

/// <summary>I6: the ledger equals what the providers billed, to the last decimal, whatever became of the calls.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class LedgerEqualsBillTests(AiFixture fixture)
{
    private const int Calls = 400;
    private const int AtOnce = 24;

    [Fact]
    public async Task Ledger_OfManyMixedCallsAtOnce_IsTheBill()
    {
        await using var primary = await Simulator.StartAsync(AiFixture.PrimaryKey);
        await using var backup = await Simulator.StartAsync(AiFixture.BackupKey);
        await using var service = await fixture.StartServiceAsync(
            new KeyValuePair<string, string?>("Providers:openai:BaseUrl", primary.BaseUrl.ToString()),
            new KeyValuePair<string, string?>("Providers:backup:BaseUrl", backup.BaseUrl.ToString()),
            new KeyValuePair<string, string?>("Providers:openai:FirstTokenTimeout", "00:01:00"),
            new KeyValuePair<string, string?>("Providers:backup:FirstTokenTimeout", "00:01:00"),
            new KeyValuePair<string, string?>("Routing:BreakAfter", "100"));
        var organisations = Enumerable.Range(0, 4).Select(_ => AiFixture.NewOrganisation()).ToArray();
        var tokens = organisations.ToDictionary(o => o, o => fixture.Token(o));

        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
            await CallAsync(service, i, tokens[organisations[i % organisations.Length]], primary.State));

        await Eventually.HoldsAsync(() => primary.State.Requests.Concat(backup.State.Requests).All(r => r.Finished));
        var bill = primary.State.TotalCost + backup.State.TotalCost;
        var rows = await Eventually.GetAsync(async () =>
        {
            var settled = (await Task.WhenAll(organisations.Select(o => LedgerRow.AllAsync(fixture, o)))).SelectMany(r => r).ToList();
            return settled.Count == Calls ? settled : null;
        });
        Assert.True(bill > 0);
        Assert.Equal(bill, rows.Sum(r => r.Cost));
        Assert.Equal(primary.State.TotalCost, rows.Where(r => r.Model.StartsWith("openai/", StringComparison.Ordinal)).Sum(r => r.Cost));

        // All of the kinds of ends were there.
        Assert.Equal(["ANSWER_BROKE", "CANCELLED", "OK"], rows.Select(r => r.Outcome).Distinct().Order());
        Assert.Contains(rows, r => r.Outcome == "CANCELLED" && r.Cost > 0);
        Assert.Contains(rows, r => r.Outcome == "CANCELLED" && r.Cost == 0);
        Assert.Contains(rows, r => r.Cached > 0 && r.Reasoning > 0);
        Assert.Contains(rows, r => r.Attempts is ["openai: 500", "backup: ok"]);

        // The report says the same.
        var reported = 0m;
        foreach (var organisation in organisations)
        {
            var usage = await service.Usage.GetUsageAsync(new GetUsageRequest(), AiServiceHost.With(tokens[organisation]));
            reported += decimal.Parse(usage.Total.Cost.Amount, CultureInfo.InvariantCulture);
        }

        Assert.Equal(bill, reported);
    }

    // What is billed is defined for each: from the first token on the prompt and what was written; nothing before it.
    private static async Task CallAsync(AiServiceHost service, int number, string token, SimulatorState primary)
    {
        var headers = AiServiceHost.With(token);
        var small = number % 2 == 0 ? "sim-small" : "sim-large";
        Task call = (number % 10) switch
        {
            0 => service.Chat.CompleteAsync(Say(small, new Script { Tokens = 3 + (number % 50) }), headers).ResponseAsync,
            1 => ReadAsync(service, Say(small, new Script { Tokens = 20, Cached = 4, Reasoning = 9 }), headers, int.MaxValue),
            2 => ReadAsync(service, Say(small, new Script { Tokens = 15, NoUsage = true }), headers, int.MaxValue),
            3 => ReadAsync(service, Say(small, new Script { BreakAfter = 6 }), headers, int.MaxValue),
            4 => ReadAsync(service, Say(small, new Script { HoldAfter = 8 }), headers, 8),
            5 => LeaveAsync(service, $"Number {number}.", headers, primary),
            6 => FailOverAsync(service, number, headers),
            7 => service.Chat.CompleteAsync(Say("sim-block", new Script { Text = "Grüße 千の夢 😀", Reasoning = 2 }), headers).ResponseAsync,
            8 => service.Assistant.AskAsync(new AskRequest { Question = $"Who? {new Script { Tokens = 11 }}", Datasets = { "movies" }, Model = small }, headers).ResponseAsync,
            _ => ReadAsync(service, Say(small, new Script { ErrorAfter = 5 }), headers, int.MaxValue),
        };
        await call;
    }

    private static async Task FailOverAsync(AiServiceHost service, int number, Metadata headers)
    {
        var answer = await service.Chat.CompleteAsync(Say("sim-small", new Script { FailsFor = AiFixture.PrimaryKey, Status = 500, Tokens = 5 + (number % 7) }), headers);
        Assert.Equal("backup/sim-small", answer.Model);
    }

    private static async Task ReadAsync(AiServiceHost service, CompleteRequest request, Metadata headers, int pieces)
    {
        using var call = service.Chat.StreamComplete(request, headers);
        try
        {
            for (var i = 0; i < pieces && await call.ResponseStream.MoveNext(); i++)
                Assert.NotNull(call.ResponseStream.Current);
        }
        catch (RpcException exception) when (exception.Reason() == "ANSWER_BROKE")
        {
            // As scripted; the ledger is what matters here.
            Assert.Equal(int.MaxValue, pieces);
        }
    }

    // Before the first token, but not before the provider was asked.
    private static async Task LeaveAsync(AiServiceHost service, string marker, Metadata headers, SimulatorState primary)
    {
        using var call = service.Chat.StreamComplete(Say("openai/sim-small", new Script { HoldAfter = 0 }, marker), headers);
        await Eventually.HoldsAsync(() => primary.Bodies.Any(b => b.Contains(marker, StringComparison.Ordinal)));
    }

    private static CompleteRequest Say(string model, Script script, string text = "Count, please.") =>
        new() { Model = model, Messages = { new Message { Role = Message.Types.Role.User, Content = $"{text} {script}" } } };
}
