using System.Security.Cryptography;
using System.Text;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Calls;

/// <summary>
/// Makes a call: reserves it in the ledger, has the candidates tried, and settles ledger and audit whatever happens.
/// </summary>
internal sealed class CallRunner(Failover failover, CallLedger ledger, IOptions<RoutingOptions> options, TimeProvider time)
{
    public async Task<Result<FinishedCall>> RunAsync(CallPlan plan, ICallObserver observer, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var run = new CallRun(plan, observer);
        var call = await ledger.ReserveAsync(plan.Caller.Organisation, plan.Caller.Subject, plan.Operation, run.MostCost(), cancellationToken);
        using var span = CallTelemetry.Start(plan.Operation, call.Id);
        using var limit = new CancellationTokenSource(options.Value.CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);

        var outcome = "INTERNAL";
        try
        {
            var result = await failover.TryAllAsync(run, call.Id, linked.Token);
            outcome = result.Match(_ => SettledCall.Ok, error => error.Reason);
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            var error = new CallTooLong();
            outcome = error.Reason;
            return error;
        }
        catch (Exception exception) when (exception is CallerGoneException || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            outcome = SettledCall.Cancelled;
            throw new OperationCanceledException("The caller has gone.", exception, cancellationToken);
        }
        finally
        {
            var settled = Settled(run, call, outcome, time.GetElapsedTime(started));
            await ledger.SettleAsync(settled);
            CallTelemetry.Finish(span, settled);
        }
    }

    private SettledCall Settled(CallRun run, ReservedCall call, string outcome, TimeSpan duration)
    {
        var last = run.Last;
        var answer = run.Observer.Answer;
        return new SettledCall
        {
            Call = call,
            Model = last is { HasBegun: true } ? last.Model : null,
            Usage = last?.Usage ?? default,
            IsEstimated = last is { HasBegun: true, IsEstimated: true },
            Currency = options.Value.Currency,
            PromptHash = (last?.Prompt ?? run.PromptFor(run.Plan.Candidates[0])).Hash(),
            AnswerHash = answer.Length == 0 ? null : SHA256.HashData(Encoding.UTF8.GetBytes(answer)),
            Duration = duration,
            Outcome = outcome,
            Attempts = [.. run.Tried],
            Guards = last?.Prompt.Guards ?? [],
        };
    }
}
