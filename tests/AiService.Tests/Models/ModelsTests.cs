using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Models;

[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class ModelsTests(AiFixture fixture)
{
    [Theory]
    [InlineData("ai:use_local", "local/analyst")]
    [InlineData("ai:use_openai", "openai/sim-small,openai/sim-block,openai/sim-large")]
    [InlineData("ai:use_backup ai:use_local", "local/analyst,backup/sim-small,backup/sim-large")]
    [InlineData("ai:chat", "")]
    public async Task Models_AreThoseThatTheCallerMayUse_CheapestFirst(string permissions, string expected)
    {
        var list = await fixture.Service.Models.ListModelsAsync(new ListModelsRequest(), fixture.Caller(["ai:models:read", .. permissions.Split(' ')]));

        Assert.Equal(expected, string.Join(',', list.Models.Select(m => m.Id)));
    }

    [Fact]
    public async Task Model_TellsPricesContextAndCapabilities()
    {
        var model = (await fixture.Service.Models.ListModelsAsync(new ListModelsRequest(), fixture.Caller())).Models.Single(m => m.Id == "openai/sim-small");

        Assert.Equal(("0.15", "0.075", "0.6", "USD"), (model.InputPrice.Amount, model.CachedInputPrice.Amount, model.OutputPrice.Amount, model.InputPrice.CurrencyCode));
        Assert.Equal(("openai", 16_000, true), (model.Provider, model.ContextLength, model.Healthy));
        Assert.Equal(["streaming"], model.Capabilities);
    }

    [Fact]
    public async Task Models_WithoutTheRightToList_AreRefused()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await fixture.Service.Models.ListModelsAsync(new ListModelsRequest(), fixture.Caller("ai:use_local")));

        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
    }

    [Fact]
    public async Task Model_OfAProviderThatIsNotPermitted_IsRefusedByThePermissionsName()
    {
        var request = new CompleteRequest { Model = "openai/sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } } };

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Chat.CompleteAsync(request, fixture.Caller("ai:chat", "ai:use_backup")));

        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
        Assert.Contains("'ai:use_openai'", exception.Status.Detail, StringComparison.Ordinal);
    }
}
