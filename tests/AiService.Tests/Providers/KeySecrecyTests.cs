using System.Net.Http.Headers;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Providers;

/// <summary>I10: a provider's key stands in its requests and nowhere else: no log at any level, no error, no answer, no row.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class KeySecrecyTests(AiFixture fixture)
{
    private const string WrongKey = "sk-wrong-93ab17c2d0";

    [Fact]
    public async Task Key_IsInNoLogErrorAnswerOrRow()
    {
        await using var service = await fixture.StartServiceAsync(
            new KeyValuePair<string, string?>("Providers:openai:ApiKey", WrongKey), new KeyValuePair<string, string?>("Providers:backup:FirstTokenTimeout", "00:00:00.5"));
        var organisation = AiFixture.NewOrganisation();
        var token = fixture.Token(organisation);
        var told = new List<string>();

        // Its wrong key comes back whole in this provider's error; the other one answers, fails, breaks and echoes.
        told.Add(await SayAsync(service, token, "openai/sim-small", new Script()));
        told.Add(await SayAsync(service, token, "backup/sim-small", new Script()));
        told.Add(await SayAsync(service, token, "backup/sim-small", new Script { Status = 400, Code = AiFixture.BackupKey }));
        foreach (var script in new[] { new Script { Status = 500, Code = AiFixture.BackupKey }, new Script { BreakAfter = 2 }, new Script { MalformedAfter = 0 }, new Script { HoldAfter = 0 } })
        {
            await using var other = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Providers:backup:FirstTokenTimeout", "00:00:00.5"));
            told.Add(await SayAsync(other, token, "backup/sim-small", script));
            AssertClean(other.Logs.Entries);
        }

        foreach (var path in new[] { "/api/ai/models", "/api/ai/calls", "/api/ai/usage", "/health", "/metrics" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
            using var response = await service.Http.SendAsync(request);
            told.Add(await response.Content.ReadAsStringAsync());
        }

        Assert.StartsWith("NO_PROVIDER_ANSWERS: ", told[0], StringComparison.Ordinal);
        AssertClean(told);
        Assert.Contains(service.Logs.Entries, e => e.StartsWith("Trace", StringComparison.Ordinal));
        AssertClean(service.Logs.Entries);
        AssertClean(await fixture.QueryAsync<string>("select a::text || l::text from audit a join ledger l using (call_id) where l.organisation = @organisation", new { organisation }));
    }

    private static async Task<string> SayAsync(AiServiceHost service, string token, string model, Script script)
    {
        try
        {
            var request = new CompleteRequest { Model = model, Messages = { new Message { Role = Message.Types.Role.User, Content = $"Hello {script}" } } };
            return (await service.Chat.CompleteAsync(request, AiServiceHost.With(token))).ToString();
        }
        catch (RpcException exception)
        {
            return $"{exception.Reason()}: {exception} {string.Join(' ', exception.Trailers.Select(t => t.IsBinary ? System.Text.Encoding.UTF8.GetString(t.ValueBytes) : t.Value))}";
        }
    }

    private static void AssertClean(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            foreach (var key in new[] { WrongKey, AiFixture.PrimaryKey, AiFixture.BackupKey })
                Assert.DoesNotContain(key, text, StringComparison.OrdinalIgnoreCase);
        }
    }
}
