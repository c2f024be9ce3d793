using System.Text.Json;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Analyst;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.Data.V1;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Ask;

/// <summary>What leaves the mesh in a prompt: the rows and fields of the caller's role, less what no provider outside may be told.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class VisibilityTests(AiFixture fixture)
{
    [Theory]
    [InlineData("viewer", "organisation_name,fund_name", 6)]
    [InlineData("member", "organisation_name,fund_name,submission_status,investments_made", 10)]
    [InlineData("admin", "organisation_name,fund_name,submission_status,investments_made", 10)]
    public async Task Prompt_OfARole_HoldsItsRowsAndFieldsAndNothingElse(string role, string fields, int rows)
    {
        var prompt = await PromptOfAsync(role, "openai/sim-small");

        var (header, lines) = Block(prompt);
        Assert.Equal(fields, string.Join(',', header.GetProperty("fields").EnumerateObject().Select(f => f.Name)));
        Assert.Equal(rows, lines.Count);
        Assert.Equal(fields, string.Join(',', lines.SelectMany(l => l.EnumerateObject().Select(p => p.Name)).Where(n => n != "#").Distinct()));
        foreach (var survey in Survey.All)
        {
            if (survey.Email is { } email) Assert.DoesNotContain(email, prompt, StringComparison.Ordinal);
            Assert.DoesNotContain($"code-{survey.Row}", prompt, StringComparison.Ordinal);
            if (role == "viewer" && survey.Status != "completed") Assert.DoesNotContain(survey.Fund, prompt, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task PersonalAndSecretFields_ThatAreWithheld_AreSaidAndAudited()
    {
        var organisation = AiFixture.NewOrganisation();
        var token = fixture.Token(organisation, roles: ["admin"]);

        var answer = await fixture.Service.Assistant.AskAsync(Ask("openai/sim-small"), AiServiceHost.With(token));

        Assert.Contains("Secret fields were not used: surveys.access_code.", answer.Notices);
        Assert.Contains("Personal data was not given to 'openai': surveys.contact_email.", answer.Notices);
        Assert.Equal(["secret: 1 field withheld", "pii: 1 field withheld"], (await LedgerRow.OnlyAsync(fixture, organisation)).Guards);
    }

    [Fact]
    public async Task Field_ThatTheDefinitionDoesNotKnow_IsToldToNobodyOutside()
    {
        var item = SampleData.Item("odd", "o1", """{"name":"Known","nickname":"undeclared-value"}""");
        fixture.Mesh.Data.Put("odd", "*", SampleData.Definition(("name", Field.Types.Type.String, Field.Types.Classification.Public)), [item]);

        await fixture.Service.Assistant.AskAsync(new AskRequest { Question = "Who?", Datasets = { "odd" }, Model = "openai/sim-small" }, fixture.Caller());

        var body = fixture.Primary.State.Bodies.Last();
        Assert.Contains("Known", body, StringComparison.Ordinal);
        Assert.DoesNotContain("undeclared-value", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyst_InsideTheMesh_MayReadPersonalDataButNoSecrets()
    {
        var admin = AiServiceHost.With(fixture.Token(roles: ["admin"]));
        var email = new AskRequest { Question = "What is the contact email of Baobab Growth?", Datasets = { "surveys" }, Model = "local/analyst" };
        var code = new AskRequest { Question = "What is the access code of Baobab Growth?", Datasets = { "surveys" }, Model = "local/analyst" };

        Assert.Contains("team@baobab.example", (await fixture.Service.Assistant.AskAsync(email, admin)).Answer, StringComparison.Ordinal);
        Assert.DoesNotContain("code-r3", (await fixture.Service.Assistant.AskAsync(code, admin)).Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("viewer", false)]
    [InlineData("member", true)]
    public async Task Answer_OfTheAnalyst_IsFromWhatTheRoleSees(string role, bool knows)
    {
        var request = new AskRequest { Question = "How many investments has Baobab Growth made?", Datasets = { "surveys" }, Model = "local/analyst" };

        var answer = await fixture.Service.Assistant.AskAsync(request, AiServiceHost.With(fixture.Token(roles: [role])));

        Assert.Equal(knows, answer.Answer.Contains("31", StringComparison.Ordinal));
    }

    private static AskRequest Ask(string model) => new() { Question = "Which funds are there?", Datasets = { "surveys" }, Model = model };

    private async Task<string> PromptOfAsync(string role, string model)
    {
        await fixture.Service.Assistant.AskAsync(Ask(model), AiServiceHost.With(fixture.Token(roles: [role])));
        var messages = JsonElement.Parse(fixture.Primary.State.Bodies.Last()).GetProperty("messages").EnumerateArray();
        return string.Join('\n', messages.Select(m => m.GetProperty("content").GetString()));
    }

    private static (JsonElement Header, List<JsonElement> Rows) Block(string prompt)
    {
        var lines = prompt.Split('\n').SkipWhile(l => l != "```rows").Skip(1).TakeWhile(l => l != "```").Select(l => JsonElement.Parse(l)).ToList();
        return (lines[0], lines[1..]);
    }
}
