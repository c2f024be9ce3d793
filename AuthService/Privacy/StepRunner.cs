using AiMesh.AuthService.Storage;
using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Privacy;

/// <summary>Does one service's part of an operation, and notes why it could not.</summary>
internal sealed partial class StepRunner(AuthDatabase database, IOptions<PrivacyOptions> options, ILogger<StepRunner> logger)
{
    /// <returns>False when the step failed and is to be tried again later.</returns>
    public async Task<bool> TryAsync(PrivacyOperation operation, string service, Func<Task> work, CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            await work();
            return true;
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            problem = exception.ToStatus().Detail<ErrorInfo>()?.Reason ?? NameOf(exception.StatusCode);
        }
        catch (MeshException exception)
        {
            problem = exception.Error.Reason;
        }

        Log.Waits(logger, operation.Kind, service, problem);
        await using var transaction = await database.BeginAsync(operation.Organisation, cancellationToken);
        await PrivacyStore.PostponeAsync(transaction, operation.Id, service, problem, options.Value.FirstPause, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return false;
    }

    /// <summary>As google.rpc.Code spells it.</summary>
    private static string NameOf(StatusCode code) =>
        string.Concat(code.ToString().Select(static (letter, index) => index > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "An {Kind} waits for '{Service}': {Problem}")]
        public static partial void Waits(ILogger logger, string kind, string service, string problem);
    }
}
