using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Calls;

/// <summary>
/// Makes a call: reserves it in the ledger, tries the candidates until one begins to answer, passes the answer on as it comes, and
/// settles ledger and audit whatever happens. Once an answer has begun, it never changes the model.
/// </summary>
internal sealed class CallRunner(ProviderCatalog catalog, ProviderHealth health, CallLedger ledger, IOptions<RoutingOptions> options, TimeProvider time)
{
    public async Task<Result<FinishedCall>> RunAsync(CallPlan plan, ICallObserver observer, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var prompts = new Dictionary<string, Prompt>(StringComparer.Ordinal);
        Prompt PromptFor(Model model) => prompts.TryGetValue(model.Id, out var prompt) ? prompt : prompts[model.Id] = plan.Prepare(model);

        var call = await ledger.ReserveAsync(plan.Caller.Organisation, plan.Caller.Subject, plan.Operation, MostCost(plan, PromptFor), cancellationToken);
        using var span = CallTelemetry.Start(plan.Operation, call.Id);
        using var limit = new CancellationTokenSource(options.Value.CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);

        var tried = new List<string>();
        var run = new Run(call, observer, PromptFor, tried, linked.Token);
        var outcome = "INTERNAL";
        try
        {
            var result = await TryAllAsync(plan.Candidates, run);
            outcome = result.Match(_ => SettledCall.Ok, error => error.Reason);
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            var error = new CallTooLong();
            outcome = error.Reason;
            return error;
        }
        catch (Exception exception) when (exception is OperationCanceledException or CallerGoneException)
        {
            outcome = SettledCall.Cancelled;
            throw new OperationCanceledException("The caller has gone.", exception, cancellationToken);
        }
        finally
        {
            var last = run.Last;
            var settled = new SettledCall
            {
                Call = call,
                Model = last is { HasBegun: true } ? last.Model : null,
                Usage = last?.Usage ?? default,
                IsEstimated = last is { HasBegun: true, IsEstimated: true },
                Currency = options.Value.Currency,
                PromptHash = (last?.Prompt ?? PromptFor(plan.Candidates[0])).Hash(),
                AnswerHash = observer.Answer.Length == 0 ? null : SHA256.HashData(Encoding.UTF8.GetBytes(observer.Answer)),
                Duration = time.GetElapsedTime(started),
                Outcome = outcome,
                Attempts = [.. tried],
                Guards = last?.Prompt.Guards ?? [],
            };
            await ledger.SettleAsync(settled);
            CallTelemetry.Finish(span, settled);
        }
    }

    private async Task<Result<FinishedCall>> TryAllAsync(ImmutableArray<Model> candidates, Run run)
    {
        var waits = new Dictionary<Model, TimeSpan>();
        foreach (var model in candidates.Take(options.Value.MaxAttempts))
        {
            var (result, wait) = await TryAsync(model, run);
            if (result is { } finished) return finished;
            if (wait is { } delay) waits[model] = delay;
        }

        // Everybody failed. One that said when to come again, and soon, gets a second chance.
        if (waits.Count > 0 && waits.MinBy(w => w.Value) is var (soonest, least) && least <= options.Value.MaxWait)
        {
            await Task.Delay(least, time, run.CancellationToken);
            if ((await TryAsync(soonest, run)).Result is { } finished) return finished;
        }

        return run.Refusal ?? (MeshError)new NoProviderAnswers(run.Tried, waits.Count == 0 ? null : waits.Values.Min());
    }

    /// <summary>The result, where the model settles it; none, where another should be tried.</summary>
    private async Task<(Result<FinishedCall>? Result, TimeSpan? RetryAfter)> TryAsync(Model model, Run run)
    {
        var provider = catalog.ProviderOf(model);
        if (!health.TryEnter(provider.Name))
        {
            run.Tried.Add($"{provider.Name}: resting");
            return (null, health.WaitOf(provider.Name));
        }

        var attempt = run.Last = new Attempt(provider, model, run.PromptFor(model), time);
        using var span = CallTelemetry.StartAttempt(attempt);
        try
        {
            await attempt.RunAsync(run.Call.Id, run.Observer, run.CancellationToken);
            health.Succeeded(provider.Name, attempt.FirstToken);
            run.Tried.Add($"{provider.Name}: ok");
            return (new FinishedCall(run.Call.Id, model, attempt.Prompt, attempt.Reason, attempt.Usage, Cost.Of(model.Prices, attempt.Usage)), null);
        }
        catch (ProviderException failure)
        {
            health.Failed(provider.Name, failure);
            run.Tried.Add($"{provider.Name}: {failure.Outcome}");
            span?.SetStatus(ActivityStatusCode.Error, failure.Message);
            if (attempt.HasBegun) return (new AnswerBroke(provider.Name), null);

            // What one refuses another may take (a longer context, another policy); if none does, the refusal is what to tell.
            if (failure.Failure is ProviderFailure.Refused) run.Refusal ??= new ProviderRefused(provider.Name, failure.Code);
            return (null, failure.RetryAfter);
        }
        catch
        {
            // Cancelled, or the caller has gone: a provider that had begun to answer is well.
            if (attempt.HasBegun) health.Succeeded(provider.Name, attempt.FirstToken);
            else health.Abandoned(provider.Name);
            run.Tried.Add($"{provider.Name}: cancelled");
            throw;
        }
    }

    private static decimal MostCost(CallPlan plan, Func<Model, Prompt> promptFor) =>
        plan.Candidates.Max(m => Cost.Of(m.Prices, new TokenUsage(promptFor(m).InputTokens, promptFor(m).Options.MaxOutputTokens ?? m.MaxOutputTokens)));

    /// <summary>What the tries of one call share.</summary>
    private sealed record Run(ReservedCall Call, ICallObserver Observer, Func<Model, Prompt> PromptFor, List<string> Tried, CancellationToken CancellationToken)
    {
        /// <summary>The latest try.</summary>
        public Attempt? Last { get; set; }

        public ProviderRefused? Refusal { get; set; }
    }
}
