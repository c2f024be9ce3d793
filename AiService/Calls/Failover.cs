using System.Diagnostics;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Calls;

/// <summary>Tries the candidates of a call until one begins to answer. Once an answer has begun, it never changes the model.</summary>
internal sealed class Failover(ProviderCatalog catalog, ProviderHealth health, ModelSpeed speed, IOptions<RoutingOptions> options, TimeProvider time)
{
    /// <summary>Timers go by a coarser clock than circuits do: one may end some milliseconds before the rest it waited for is over.</summary>
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMilliseconds(20);

    public async Task<Result<FinishedCall>> TryAllAsync(CallRun run, Guid callId, CancellationToken cancellationToken)
    {
        var left = run.Plan.Candidates.ToList();
        var failed = new HashSet<string>(StringComparer.Ordinal);
        var waits = new Dictionary<Model, TimeSpan>();
        for (var tries = 0; left.Count > 0 && tries < options.Value.MaxAttempts;)
        {
            // What has just failed one model of a provider will likely fail its next one too: others first.
            var model = left.Find(m => !failed.Contains(m.Provider)) ?? left[0];
            left.Remove(model);
            if (health.TryEnter(model.Provider) is not { } admission)
            {
                run.Tried.Add($"{model.Provider}: resting");
                if (health.WaitOf(model.Provider) is { } rest) waits[model] = rest;
                continue;
            }

            tries++;
            var (result, failure) = await TryAsync(model, admission, run, callId, cancellationToken);
            if (result is { } settled) return settled;
            if (failure is { CountsAgainstProvider: true }) failed.Add(model.Provider);
            if (failure is { RetryAfter: { } wait }) waits[model] = wait;
        }

        // Everybody failed. One that said when to come again, and soon, gets a second chance.
        if (waits.Count > 0 && waits.MinBy(w => w.Value) is var (soonest, least) && least <= options.Value.MaxWait)
        {
            await Task.Delay(least + TimerSlack, time, cancellationToken);
            if (health.TryEnter(soonest.Provider) is { } admission && (await TryAsync(soonest, admission, run, callId, cancellationToken)).Result is { } late) return late;
        }

        return run.Refusal ?? (MeshError)new NoProviderAnswers(run.Tried, waits.Count == 0 ? null : waits.Values.Min());
    }

    /// <summary>The result, where the model settles it; the failure, where another should be tried.</summary>
    private async Task<(Result<FinishedCall>? Result, ProviderException? Failure)> TryAsync(
        Model model, Admission admission, CallRun run, Guid callId, CancellationToken cancellationToken)
    {
        var provider = catalog.ProviderOf(model);
        var attempt = run.Last = new Attempt(provider, model, run.PromptFor(model), time);
        using var span = CallTelemetry.StartAttempt(attempt);
        speed.Began(model.Id);
        TimeSpan? measured = null;
        try
        {
            await attempt.RunAsync(callId, run.Observer, cancellationToken);
            health.Succeeded(admission);
            run.Tried.Add($"{provider.Name}: ok");
            return (new FinishedCall(callId, model, attempt.Prompt, attempt.Reason, attempt.Usage, Cost.Of(model.Prices, attempt.Usage)), null);
        }
        catch (ProviderException failure)
        {
            health.Failed(admission, failure);
            run.Tried.Add($"{provider.Name}: {failure.Outcome}");
            span?.SetStatus(ActivityStatusCode.Error, failure.Message);
            if (attempt.HasBegun) return (new AnswerBroke(provider.Name), failure);

            // Silence is slowness; a model that is never heard must not stay "unknown".
            if (failure.Failure is ProviderFailure.Timeout) measured = provider.FirstTokenTimeout;

            // What one refuses another may take (a longer context, another policy); if none does, the refusal is what to tell.
            if (failure.Failure is ProviderFailure.Refused) run.Refusal ??= new ProviderRefused(provider.Name, failure.Code);
            return (null, failure);
        }
        catch
        {
            // Cancelled, or the caller has gone: a provider that had begun to answer is well.
            if (attempt.HasBegun) health.Succeeded(admission);
            else health.Abandoned(admission);
            run.Tried.Add($"{provider.Name}: cancelled");
            throw;
        }
        finally
        {
            speed.Ended(model.Id, attempt.HasBegun ? attempt.FirstToken : measured);
        }
    }
}
