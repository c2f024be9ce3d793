using AiMesh.Ai.V1;
using AiMesh.AiService.Ask;

namespace AiMesh.AiService.Tests.Ask;

/// <summary>What is wrong with a question is told by the name of its field.</summary>
public sealed class AskRequestsTests
{
    public static TheoryData<string, AskRequest?> Wrong => new()
    {
        { "question", Ask(r => r.Question = "") },
        { "question", Ask(r => r.Question = " \n ") },
        { "question", Ask(r => r.Question = new string('x', 8001)) },
        { "datasets", Ask(r => r.Datasets.Clear()) },
        { "datasets", Ask(r => r.Datasets.Add(Enumerable.Range(0, 5).Select(i => $"d{i}"))) },
        { "datasets[0]", Ask(r => r.Datasets[0] = "Movies") },
        { "datasets[0]", Ask(r => r.Datasets[0] = "movies\n") },
        { "datasets[0]", Ask(r => r.Datasets[0] = "../secrets") },
        { "datasets[1]", Ask(r => r.Datasets.Add("movies")) },
        { "devices", Ask(r => r.Devices.Add(Enumerable.Range(0, 6).Select(i => $"d{i}"))) },
        { "devices[0]", Ask(r => r.Devices.Add("pump 1")) },
        { "filters", Ask(r => r.Filters["surveys"] = "x = 1") },
        { "filters[movies]", Ask(r => r.Filters["movies"] = new string('x', 4001)) },
        { "max_output_tokens", Ask(r => r.MaxOutputTokens = -1) },
        { "max_output_tokens", Ask(r => r.MaxOutputTokens = 32_769) },
        { "model", Ask(r => r.Model = new string('x', 201)) },
    };

    public static TheoryData<AskRequest?> Right => new()
    {
        Ask(r => r.Question = new string('x', 8000)),
        Ask(r => r.Datasets.Add(Enumerable.Range(0, 4).Select(i => $"d{i}"))),
        Ask(r =>
        {
            r.Datasets.Clear();
            r.Devices.Add("pump-1");
        }),
        Ask(r => r.MaxOutputTokens = 32_768),
        Ask(r => r.Filters["movies"] = "x = 1"),
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Field_ThatIsWrong_IsNamed(string field, AskRequest? request) =>
        Assert.Equal([field], AskRequests.Check(request!)!.Violations.Select(v => v.Field));

    [Theory]
    [MemberData(nameof(Right))]
    public void Request_AtItsBounds_Passes(AskRequest? request) => Assert.Null(AskRequests.Check(request!));

    [Fact]
    public void Fields_ThatAreWrong_AreAllNamed() =>
        Assert.Equal(["question", "datasets", "max_output_tokens"], AskRequests.Check(new AskRequest { MaxOutputTokens = -1 })!.Violations.Select(v => v.Field));

    private static AskRequest Ask(Action<AskRequest> change)
    {
        var request = new AskRequest { Question = "Who?", Datasets = { "movies" } };
        change(request);
        return request;
    }
}
