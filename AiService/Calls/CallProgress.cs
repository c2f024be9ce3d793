using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Calls;

/// <summary>What a call has come to so far.</summary>
internal sealed class CallProgress(CallRequest request, long startedAt)
{
    private readonly List<string> _attempts = [];
    private readonly StringBuilder _answer = new();
    private UsageDetails? _usage;

    public ModelDefinition? Model { get; private set; }

    /// <summary>The answer has a first update that is not taken yet.</summary>
    public bool HasFirst { get; set; }

    public string Outcome { get; set; } = "";

    public ChatFinishReason FinishReason { get; private set; } = ChatFinishReason.Stop;

    public IReadOnlyList<string> Attempts => _attempts;

    public decimal Cost => Model?.Prices.CostOf(Tokens) ?? 0;

    /// <summary>As the provider counted; where it has not (a stream that was cut off), by rule of thumb from what was sent and received.</summary>
    public TokenCount Tokens => (_usage, Model) switch
    {
        ({ } usage, _) => TokenCount.From(usage),
        (null, { }) => new TokenCount(ApproximateTokens.Of(request.Messages), 0, _answer.Length == 0 ? 0 : ApproximateTokens.Of(_answer.ToString()), 0),
        _ => new TokenCount(0, 0, 0, 0),
    };

    public void Choose(ModelDefinition model) => Model = model;

    public void Failed(ModelDefinition model, string reason) => _attempts.Add($"{model.Id}: {reason}");

    /// <summary>Notes an update and gives its text.</summary>
    public string Take(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
                _usage = usage.Details;
        }

        FinishReason = update.FinishReason ?? FinishReason;
        _answer.Append(update.Text);
        return update.Text;
    }

    public MeshException End(string outcome, MeshError error)
    {
        Outcome = outcome;
        return new MeshException(error);
    }

    public CallSettlement Settle()
    {
        if (Model is not null && Outcome != "INTERRUPTED")
            _attempts.Add($"{Model.Id}: {(Outcome == "OK" ? "ok" : "cancelled")}");
        return new CallSettlement(
            Outcome, Model?.Id ?? "", _answer.Length == 0 ? null : SHA256.HashData(Encoding.UTF8.GetBytes(_answer.ToString())), Tokens, Cost,
            Stopwatch.GetElapsedTime(startedAt), _attempts, request.Guards);
    }
}
