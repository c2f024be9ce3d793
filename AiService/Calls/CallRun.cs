using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;

namespace AiMesh.AiService.Calls;

/// <summary>A call on its way: what its tries share and leave behind.</summary>
internal sealed class CallRun(CallPlan plan, ICallObserver observer)
{
    private readonly Dictionary<string, Prompt> _prompts = new(StringComparer.Ordinal);

    public CallPlan Plan { get; } = plan;

    public ICallObserver Observer { get; } = observer;

    /// <summary>What was tried, in order, with what became of it.</summary>
    public List<string> Tried { get; } = [];

    /// <summary>The latest try.</summary>
    public Attempt? Last { get; set; }

    /// <summary>The first refusal of the request as it is.</summary>
    public ProviderRefused? Refusal { get; set; }

    /// <summary>The prompt for the model, made once.</summary>
    public Prompt PromptFor(Model model) => _prompts.TryGetValue(model.Id, out var prompt) ? prompt : _prompts[model.Id] = Plan.Prepare(model);

    /// <summary>The most that the call can cost, whichever candidate answers.</summary>
    public decimal MostCost() => Plan.Candidates.Max(m =>
    {
        var prompt = PromptFor(m);
        return Cost.Of(m.Prices, new TokenUsage(prompt.InputTokens, prompt.Options.MaxOutputTokens ?? m.MaxOutputTokens));
    });
}
