using AiMesh.Ai.V1;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AiService.Tests.Privacy;

/// <summary>A10: calls stay for accounting, without the person.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class PersonalDataTests(AiFixture fixture)
{
    private readonly string _organisation = AiFixture.NewOrganisation();
    private readonly string _id = Guid.NewGuid().ToString("N");

    private Person Erika => new() { Id = _id, Email = $"{_id[..8]}@people.example", DisplayName = "Erika Mustermann" };

    [Fact]
    public async Task Export_HoldsThePersonsCallsAndNobodyElses()
    {
        var own = await CallAsync(_id);
        var foreign = await CallAsync("otto");

        var calls = await ExportAsync();

        Assert.Contains(Guid.Parse(own).ToString(), calls, StringComparison.Ordinal);
        Assert.Contains("openai/sim-small", calls, StringComparison.Ordinal);
        Assert.DoesNotContain(Guid.Parse(foreign).ToString(), calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erase_ChangesNoSumAndForgetsThePersonAndWhatWasAsked()
    {
        await CallAsync(_id);
        await CallAsync(_id);
        await CallAsync("otto");
        var before = await SumAsync();

        var answer = await EraseAsync();

        Assert.Equal(["audit", "calls", "ledger"], answer.Stores.Select(static store => store.Store).Order());
        Assert.All(answer.Stores, static store => Assert.Equal((0, 2), (store.Erased, store.Pseudonymised)));
        Assert.Equal(before, await SumAsync());
        Assert.Empty(await PersonScan.FindAsync(fixture.Database.ConnectionString, _id, Erika.Email));
        Assert.Equal(1, Assert.Single(await fixture.QueryAsync<long>("select count(*) from audit where organisation = @_organisation and prompt_sha256 is not null", new { _organisation })));
        Assert.Equal(0, (await EraseAsync()).Found);
    }

    [Fact]
    public async Task Settle_OfACallWhoseCallerWasErasedMeanwhile_DoesNotBringThePersonBack()
    {
        var store = fixture.Service.Services.GetRequiredService<LedgerStore>();
        var now = DateTimeOffset.UtcNow;
        var call = new ReservedCall(Guid.CreateVersion7(), _organisation, _id, "chat", now, now.AddMinutes(10), 1);
        await store.ReserveAsync(call, CancellationToken.None);
        await EraseAsync();

        await store.SettleAsync(
            new SettledCall { Call = call, Currency = "USD", Outcome = SettledCall.Ok, PromptHash = new byte[32], AnswerHash = new byte[32] }, CancellationToken.None);

        Assert.Equal("erased-test", Assert.Single(await fixture.QueryAsync<string>("select subject from ledger where call_id = @Id", new { call.Id })));
        Assert.Equal(0, Assert.Single(await fixture.QueryAsync<long>("select count(prompt_sha256) + count(answer_sha256) from audit where call_id = @Id", new { call.Id })));
        Assert.Empty(await PersonScan.FindAsync(fixture.Database.ConnectionString, _id));
    }

    [Fact]
    public async Task PersonalData_ForAnAdministrator_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => Client.ErasePersonalDataAsync(
            new ErasePersonalDataRequest { Person = Erika, RequestId = "r", Pseudonym = "erased-x" }, AiServiceHost.With(fixture.Token(_organisation))).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
    }

    private PersonalData.PersonalDataClient Client => new(fixture.Service.Channel);

    private Metadata Authority => AiServiceHost.With(fixture.Authority.Token("auth", _organisation, permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client));

    private async Task<string> CallAsync(string subject)
    {
        var request = new CompleteRequest { Model = "openai/sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = "What ails me?" } } };
        return (await fixture.Service.Chat.CompleteAsync(request, AiServiceHost.With(fixture.Token(_organisation, subject)))).CallId;
    }

    private async Task<string> ExportAsync()
    {
        using var call = Client.ExportPersonalData(new ExportPersonalDataRequest { Person = Erika }, Authority);
        var text = "";
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) text += call.ResponseStream.Current.Piece.ToStringUtf8();
        return text;
    }

    private async Task<ErasePersonalDataResponse> EraseAsync() => await Client.ErasePersonalDataAsync(
        new ErasePersonalDataRequest { Person = Erika, RequestId = _organisation, Pseudonym = "erased-test" }, Authority);

    private async Task<string> SumAsync() => Assert.Single(await fixture.QueryAsync<string>(
        "select count(*) || ' calls, ' || sum(cost) || ', ' || sum(input_tokens) || ', ' || sum(output_tokens) from ledger where organisation = @_organisation", new { _organisation }));
}
