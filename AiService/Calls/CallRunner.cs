using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Calls;

/// <summary>
/// Makes a call: a row in the ledger first, then the candidates in order until one begins to answer, then its stream; whatever happens,
/// the row is settled with what was used (I3, I5, I6, I18).
/// </summary>
internal sealed partial class CallRunner(CallLedger ledger, ProviderHealth health, TimeProvider time, ILogger<CallRunner> logger)
{
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(10);

    /// <exception cref="MeshException">No provider answered, or the answer broke off.</exception>
    public async IAsyncEnumerable<CallEvent> RunAsync(CallRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var record = new CallRecord(
            request.Id, request.Principal.Organisation, request.Principal.Subject, request.Operation, time.GetUtcNow(), HashOf(request.Messages));
        await ledger.ReserveAsync(record, cancellationToken);

        var progress = new CallProgress(request, Stopwatch.GetTimestamp());
        try
        {
            await using var answer = await OpenAsync(request, progress, cancellationToken);
            yield return new CallStarted(progress.Model!);
            var more = progress.HasFirst;
            while (more)
            {
                var text = progress.Take(answer.Current);
                if (text.Length > 0)
                    yield return new CallDelta(text);
                more = await MoveNextAsync(answer, progress, cancellationToken);
            }

            progress.Outcome = "OK";
            health.Succeeded(progress.Model!.Provider);
            yield return new CallDone(progress.Model, progress.FinishReason, progress.Tokens, progress.Cost);
        }
        finally
        {
            if (progress.Outcome.Length == 0)
                progress.Outcome = "CANCELLED"; // Nobody threw and nobody finished: the caller went away.
            await SettleAsync(record, progress);
        }
    }

    private async Task<IAsyncEnumerator<ChatResponseUpdate>> OpenAsync(CallRequest request, CallProgress progress, CancellationToken cancellationToken)
    {
        TimeSpan? retryAfter = null;
        foreach (var model in request.Candidates)
        {
            var answer = model.Client.GetStreamingResponseAsync(request.Messages, request.Options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                progress.HasFirst = await answer.MoveNextAsync();
                progress.Choose(model);
                return answer;
            }
            catch (ProviderException failure)
            {
                await answer.DisposeAsync();
                progress.Failed(model, failure.Reason);
                health.Failed(model.Provider, failure.RetryAfter);
                Log.ProviderFailed(logger, model.Id, failure.Reason);
                retryAfter ??= failure.RetryAfter;
                if (!failure.IsTransient)
                    throw progress.End("FAILED", new ProviderRefused(failure.Message));
            }
        }

        throw progress.End("FAILED", new NoProviderAnswered(progress.Attempts, retryAfter));
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> answer, CallProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.MoveNextAsync();
        }
        catch (ProviderException failure) when (!cancellationToken.IsCancellationRequested)
        {
            progress.Failed(progress.Model!, failure.Reason);
            health.Failed(progress.Model!.Provider, failure.RetryAfter);
            throw progress.End("INTERRUPTED", new AnswerBrokeOff(failure.Message));
        }
    }

    /// <summary>Not bound to the caller's token: a call that was cancelled has cost something all the same.</summary>
    private async Task SettleAsync(CallRecord record, CallProgress progress)
    {
        using var patience = new CancellationTokenSource(SettleTimeout);
        try
        {
            await ledger.SettleAsync(record, progress.Settle(), patience.Token);
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or OperationCanceledException)
        {
            Log.NotSettled(logger, record.Id, exception); // The sweeper marks it as lost.
        }
    }

    private static byte[] HashOf(IEnumerable<ChatMessage> messages)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var message in messages)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(message.Role.Value));
            hash.AppendData([0]);
            hash.AppendData(Encoding.UTF8.GetBytes(message.Text));
            hash.AppendData([0]);
        }

        return hash.GetHashAndReset();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The model {Model} failed ({Reason}); the next candidate is tried")]
        public static partial void ProviderFailed(ILogger logger, string model, string reason);

        [LoggerMessage(2, LogLevel.Error, "The call {Call} could not be settled in the ledger")]
        public static partial void NotSettled(ILogger logger, Guid call, Exception exception);
    }
}
