using System.Collections.Immutable;
using AiMesh.Ai.V1;
using AiMesh.AiService.Ask.Packing;
using AiMesh.AiService.Ask.Sources;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Ask;

/// <summary>Answers a question: reads the rows that the caller may see, lets a model answer from them, cites what it used.</summary>
internal sealed class QuestionService(QuestionSources sources, Router router, ProviderCatalog catalog, CallRunner runner, QuestionSettings settings)
{
    /// <param name="request">The question.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="passOn">Receives the answer piece by piece; null: only the whole is wanted.</param>
    /// <param name="cancellationToken">Ends the provider's work as well.</param>
    public async Task<Result<AskResponse>> AskAsync(
        AskRequest request, Principal caller, Func<StreamAskResponse, CancellationToken, Task>? passOn, CancellationToken cancellationToken)
    {
        if (AskRequests.Check(request) is { } invalid) return Failed(invalid);

        // Whether a model may be used is known before any row is read. How much fits is the packing's business: no input tokens here.
        var output = request.MaxOutputTokens == 0 ? AskRequests.DefaultOutputTokens : request.MaxOutputTokens;
        var route = new RouteRequest(caller, request.Model, settings.Policy, 0, output, "question");
        if (!router.Candidates(route).TryGet(out var candidates, out var unroutable)) return Failed(unroutable);
        if (!(await sources.ReadAsync(request, cancellationToken)).TryGet(out var tables, out var unreadable)) return Failed(unreadable);

        var packer = new ContextPacker(request.Question, tables, output);
        var plan = new CallPlan(caller, "ask", candidates, model => packer.Pack(catalog.ProviderOf(model), model));
        var answer = new AskAnswer(passOn);
        if (!(await runner.RunAsync(plan, answer, cancellationToken)).TryGet(out var finished, out var failed)) return Failed(failed);

        return await answer.FinishAsync(finished, settings.Currency, cancellationToken);
    }

    private static Result<AskResponse> Failed(MeshError error) => error;
}

/// <summary>What of the configuration questions need.</summary>
internal sealed class QuestionSettings(IOptions<AskOptions> ask, IOptions<RoutingOptions> routing)
{
    public RoutingPolicy? Policy => ask.Value.Policy;

    public string Currency => routing.Value.Currency;
}
