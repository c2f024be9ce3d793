using System.Globalization;
using System.Text;
using AiMesh.Ai.V1;
using AiMesh.AiService.Ask.Citations;
using AiMesh.AiService.Ask.Packing;
using AiMesh.AiService.Calls;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Ask;

/// <summary>Receives the answer to a question: turns markers into citations and passes events on where somebody wants them.</summary>
internal sealed class AskAnswer(Func<StreamAskResponse, CancellationToken, Task>? passOn) : ICallObserver
{
    private readonly StringBuilder _text = new();
    private CitationReader? _citations;
    private AskPrompt? _prompt;

    public string Answer => _text.ToString();

    public async Task StartedAsync(Guid callId, Providers.Model model, Prompt prompt, CancellationToken cancellationToken)
    {
        _prompt = (AskPrompt)prompt;
        _citations = new CitationReader(_prompt.Rows);
        if (passOn is not null)
            await passOn(new StreamAskResponse { Started = new StreamAskResponse.Types.Started { Model = model.Id, CallId = callId.ToString() } }, cancellationToken);
    }

    public Task ReceivedAsync(string piece, CancellationToken cancellationToken) => PassAsync(_citations!.Read(piece), cancellationToken);

    /// <summary>Passes on what was held back and answers the whole response.</summary>
    public async Task<AskResponse> FinishAsync(FinishedCall call, string currency, CancellationToken cancellationToken)
    {
        await PassAsync(_citations!.End(), cancellationToken);
        var answer = Answer;
        var response = new AskResponse
        {
            Answer = answer,
            Model = call.Model.Id,
            Usage = call.Usage.ToProto(),
            Cost = Amounts.Money(call.Cost, currency),
            Answered = !_citations.SaysNoAnswer,
            CallId = call.Id.ToString(),
        };
        response.Notices.AddRange(_prompt!.Notices);
        if (_citations.Invalid > 0)
            response.Notices.Add(string.Create(CultureInfo.InvariantCulture, $"The model cited {_citations.Invalid} rows that it was not given; these citations were removed."));
        if (call.Reason == ChatFinishReason.Length)
            response.Notices.Add("The answer was cut at the most tokens that were asked for.");
        foreach (var cited in _citations.Cited)
        {
            var citation = new Citation { Name = cited.Row.Row.Name, Label = cited.Row.Label };
            citation.Fields.AddRange(cited.FieldsIn(answer));
            response.Citations.Add(citation);
        }

        return response;
    }

    private async Task PassAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Length == 0) return;
        _text.Append(text);
        if (passOn is not null) await passOn(new StreamAskResponse { Delta = text }, cancellationToken);
    }
}
