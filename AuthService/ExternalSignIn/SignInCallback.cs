using AiMesh.AuthService.Audit;
using AiMesh.AuthService.ExternalSignIn.Accounts;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>Ends a sign-in when the browser comes back from the provider.</summary>
internal sealed partial class SignInCallback(
    AuthDatabase database, SignInAnswer answers, ExternalAccounts accounts, SealedOnce seals, SessionOpening opening,
    RevocationFeed feed, IOptions<ExternalSignInOptions> options, ILogger<SignInCallback> logger)
{
    /// <summary>Signs in, or says why not; in both cases with one audit record.</summary>
    public async Task<CallbackOutcome> CompleteAsync(CallbackRequest request, CancellationToken cancellationToken)
    {
        var (state, problem) = ReadState(request);
        if (state is null) return new CallbackOutcome(null, await FailAsync(null, request, new StateRefused(problem), cancellationToken));

        var result = await SignInAsync(state, request, cancellationToken);
        return new CallbackOutcome(state.ReturnTo, result.IsOk ? result : await FailAsync(state, request, result.Error, cancellationToken));
    }

    /// <summary>A state that is ours, and of this browser, provider and organisation.</summary>
    private (SignInState? State, string Problem) ReadState(CallbackRequest request)
    {
        if (request.State is null || seals.Open<SignInState>(SignInState.Purpose, request.State) is not { } state) return (null, "state");
        if (request.Browser is null || !BrowserCookie.IsSame(request.Browser, state.Browser)) return (null, "browser");
        return state.Organisation == request.Organisation && state.Provider == request.Provider ? (state, "") : (null, "provider");
    }

    private async Task<Result<SignedIn>> SignInAsync(SignInState state, CallbackRequest request, CancellationToken cancellationToken)
    {
        if (!await seals.SpendAsync(request.State!, options.Value.StateLifetime, cancellationToken)) return new StateRefused("used");
        if (!(await answers.RedeemAsync(state, request, cancellationToken)).TryGet(out var identity, out var refused)) return refused;

        await using var transaction = await database.BeginAsync(state.Organisation, cancellationToken);
        var found = await accounts.FindAsync(transaction, identity.Provider, identity.Claims, request.Address, cancellationToken);
        if (!found.TryGet(out var user, out var unknown))
        {
            // Roles that were taken away stay away, though nobody signs in.
            if (unknown is NoRole) await transaction.CommitAsync(cancellationToken);
            if (unknown is NoRole) await feed.AnnounceAsync(cancellationToken);
            return unknown;
        }

        Result<SignedIn> result;
        if (state is { ReturnTo: not null, Challenge: { } challenge })
        {
            await transaction.CommitAsync(cancellationToken);
            var code = new SignInCode(state.Organisation, user.Id, state.Provider, challenge);
            result = new SignedIn(null, seals.Seal(SignInCode.Purpose, code, options.Value.CodeLifetime));
        }
        else
        {
            result = (await opening.OpenAsync(transaction, user.Id, request.Address, cancellationToken, state.Provider)).Then<SignedIn>(static tokens => new SignedIn(tokens, null));
        }

        if (user.RolesChanged) await feed.AnnounceAsync(cancellationToken);
        return result;
    }

    private async Task<MeshError> FailAsync(SignInState? state, CallbackRequest request, MeshError error, CancellationToken cancellationToken)
    {
        var problem = error is ExternalSignInError external ? external.Problem : error.Reason;
        Log.Refused(logger, request.Provider, request.Organisation, error.Reason, problem);

        // Of an organisation only what is certainly about it: its chain is not for strangers to fill.
        await using var transaction = await database.BeginAsync(state?.Organisation ?? "", cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("session.external_login_failed", null, state?.Provider)
            {
                Address = request.Address,
                Detail = new Dictionary<string, string> { ["reason"] = error.Reason, ["problem"] = problem },
            },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return error;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Nobody was signed in through {Provider} of {Organisation}: {Reason}, {Problem}")]
        public static partial void Refused(ILogger logger, string provider, string organisation, string reason, string problem);
    }
}

/// <summary>What a browser brings back.</summary>
internal sealed record CallbackRequest
{
    public required string Organisation { get; init; }

    public required string Provider { get; init; }

    public required string? State { get; init; }

    public required string? Code { get; init; }

    /// <summary>RFC 9207.</summary>
    public required string? Issuer { get; init; }

    public required string? Error { get; init; }

    /// <summary>The secret of the browser's cookie.</summary>
    public required byte[]? Browser { get; init; }

    public required string Address { get; init; }
}

/// <summary>How a callback ended, and where the browser goes with that.</summary>
internal sealed record CallbackOutcome(string? ReturnTo, Result<SignedIn> Result);

/// <summary>Tokens, or the code for a return address.</summary>
internal sealed record SignedIn(TokenPair? Tokens, string? Code);
